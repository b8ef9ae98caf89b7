/**
 * 16-byte ids without the bits that every UUID of their kind shares.
 *
 *     form 0  as they are        16 bytes
 *     form 1  one version        version u8 in the description; 15 bytes: 0..5, 7, 9..15, and byte 6's
 *                                low half with byte 8's low half; byte 8's bits 4-5 apart, 2 bits each
 *     form 2  one version, time  as 1 without bytes 0..5, which are two sequences of integers: the high
 *             first (UUIDv7)     16 bits, the low 32 bits
 *
 * A random UUID carries 122 bits; stored as 16 bytes it would waste 5 % of the largest column.
 */
import type { ByteReader } from '../../../common/bytes/reader.ts'
import type { BodyReader, ColumnSink } from '../codec/body.ts'
import { planInts, writeInts } from '../codec/ints.ts'
import { readInts } from '../codec/ints-reader.ts'

const plainForm = 0
const versionForm = 1
const timeForm = 2

/** `bytes`: 16 per id. */
export function writeUuids(bytes: Uint8Array, sink: ColumnSink): void {
  const count = bytes.length / 16
  const version = count === 0 ? undefined : sharedVersion(bytes)
  if (version === undefined) {
    sink.head.u8(plainForm)
    sink.bytes(bytes)
    return
  }
  const { high, low } = timesOf(bytes)
  const plans = { high: planInts(high), low: planInts(low) }
  const timed = plans.high.bytes + plans.low.bytes < 5 * count
  sink.head.u8(timed ? timeForm : versionForm)
  sink.head.u8(version)
  if (timed) {
    writeInts(high, sink, plans.high)
    writeInts(low, sink, plans.low)
  }
  const first = timed ? 6 : 0
  const each = 15 - first
  const packed = new Uint8Array(each * count)
  const bits = new Uint32Array(count)
  for (let id = 0, from = 0, to = 0; id < count; id++, from += 16) {
    for (let i = first; i < 6; i++) packed[to++] = bytes[from + i]
    packed[to++] = bytes[from + 7]
    for (let i = 9; i < 16; i++) packed[to++] = bytes[from + i]
    packed[to++] = ((bytes[from + 6] & 15) << 4) | (bytes[from + 8] & 15)
    bits[id] = (bytes[from + 8] >>> 4) & 3
  }
  sink.bytes(packed)
  writeInts(bits, sink)
}

/** The version of all ids, when they have one and are of the common variant (RFC 9562). */
function sharedVersion(bytes: Uint8Array): number | undefined {
  const version = bytes[6] >>> 4
  for (let at = 0; at < bytes.length; at += 16) {
    if (bytes[at + 6] >>> 4 !== version || bytes[at + 8] >>> 6 !== 2) return undefined
  }
  return version
}

/** The first 48 bits of each id. */
function timesOf(bytes: Uint8Array): { readonly high: Uint32Array; readonly low: Uint32Array } {
  const count = bytes.length / 16
  const high = new Uint32Array(count)
  const low = new Uint32Array(count)
  for (let id = 0, at = 0; id < count; id++, at += 16) {
    high[id] = (bytes[at] << 8) | bytes[at + 1]
    low[id] = (bytes[at + 2] << 24) | (bytes[at + 3] << 16) | (bytes[at + 4] << 8) | bytes[at + 5]
  }
  return { high, low }
}

/** Reads `count` ids, 16 bytes each. May answer a view of the column: do not write to it. */
export function readUuids(head: ByteReader, body: BodyReader, count: number): Uint8Array {
  const form = head.u8('form of ids')
  if (form === plainForm) return body.bytes(16 * count)
  if (form > timeForm) body.unknown('form of ids', form, timeForm)
  const version = head.u8('version of ids')
  if (version > 15) body.fail('version of ids', version, 'at most 15')
  const out = new Uint8Array(16 * count)
  if (form === timeForm) placeTimes(readInts(head, body, count).all(), readInts(head, body, count).all(), out)
  const first = form === timeForm ? 6 : 0
  placeRest(out, { packed: body.bytes((15 - first) * count), bits: readInts(head, body, count).all(), first, version })
  return out
}

/** Bytes from `first` on. Written out byte by byte: a loop over the places takes twice as long. */
function placeRest(
  out: Uint8Array,
  ids: { readonly packed: Uint8Array; readonly bits: Uint32Array; readonly first: number; readonly version: number },
): void {
  const { packed, bits, first, version } = ids
  for (let id = 0, from = 0, to = 0; id < bits.length; id++, to += 16) {
    if (first === 0) {
      out[to] = packed[from]
      out[to + 1] = packed[from + 1]
      out[to + 2] = packed[from + 2]
      out[to + 3] = packed[from + 3]
      out[to + 4] = packed[from + 4]
      out[to + 5] = packed[from + 5]
      from += 6
    }
    const halves = packed[from + 8]
    out[to + 6] = (version << 4) | (halves >>> 4)
    out[to + 7] = packed[from]
    out[to + 8] = 0x80 | ((bits[id] & 3) << 4) | (halves & 15)
    out[to + 9] = packed[from + 1]
    out[to + 10] = packed[from + 2]
    out[to + 11] = packed[from + 3]
    out[to + 12] = packed[from + 4]
    out[to + 13] = packed[from + 5]
    out[to + 14] = packed[from + 6]
    out[to + 15] = packed[from + 7]
    from += 9
  }
}

function placeTimes(high: Uint32Array, low: Uint32Array, out: Uint8Array): void {
  for (let id = 0, at = 0; id < high.length; id++, at += 16) {
    out[at] = high[id] >>> 8
    out[at + 1] = high[id]
    out[at + 2] = low[id] >>> 24
    out[at + 3] = low[id] >>> 16
    out[at + 4] = low[id] >>> 8
    out[at + 5] = low[id]
  }
}
