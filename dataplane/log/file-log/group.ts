/** A group: the records that one fsync makes durable (drawn in `layout.ts`). */
import { ByteWriter } from '../../../common/bytes/writer.ts'
import { crc32 } from '../../../common/hash/crc32.ts'
import { type Identity, nonceBytes } from './identity.ts'
import { frameEntryBytes, groupHeaderBytes, groupMagic } from './layout.ts'

/** One record in a group. */
export interface Frame {
  readonly partition: number
  readonly offset: number
  /** Length of the record. */
  readonly bytes: number
  readonly crc: number
  /** Where the record begins in the group. */
  readonly start: number
}

export interface GroupHeader {
  readonly number: number
  readonly groupBytes: number
  readonly frames: readonly Frame[]
}

export function groupBytesFor(records: readonly Uint8Array[]): number {
  return records.reduce((bytes, record) => bytes + record.length + frameEntryBytes, groupHeaderBytes + 4)
}

/** The bytes of a group and where its records lie. `records` are in the order in which they are stored. */
export function encodeGroup(
  writer: Identity,
  number: number,
  records: readonly { readonly partition: number; readonly offset: number; readonly record: Uint8Array }[],
): { bytes: Uint8Array; frames: Frame[] } {
  const groupBytes = groupBytesFor(records.map(({ record }) => record))
  const header = new ByteWriter(groupHeaderBytes + frameEntryBytes * records.length + 4)
  header.u32(groupMagic)
  header.u32(records.length)
  header.u32(groupBytes)
  header.u32(writer.epoch)
  header.u64(number)
  header.bytes(nonceBytes(writer), 0, 8)
  const frames: Frame[] = []
  let start = groupHeaderBytes + frameEntryBytes * records.length + 4
  for (const { partition, offset, record } of records) {
    const crc = crc32(record)
    header.u32(partition)
    header.u32(record.length)
    header.u64(offset)
    header.u32(crc)
    frames.push({ partition, offset, bytes: record.length, crc, start })
    start += record.length
  }
  header.u32(crc32(header.view()))
  const bytes = new Uint8Array(groupBytes)
  bytes.set(header.view())
  records.forEach(({ record }, i) => {
    bytes.set(record, frames[i].start)
  })
  return { bytes, frames }
}

/** Why the bytes at a place are not the group that was expected there. */
export interface GroupFault {
  readonly what: string
  readonly got: string | number
  readonly want: string | number
  /** The checksum holds, but it is another group: no crash does that. */
  readonly foreign?: true
}

export type GroupParse = GroupHeader | GroupFault

export function isGroup(parse: GroupParse): parse is GroupHeader {
  return 'frames' in parse
}

/** Length of header and table together, from the first 32 bytes; or what is wrong with them. */
export function tableEnd(bytes: Uint8Array, bytesLeft: number): number | GroupFault {
  if (bytes.length < groupHeaderBytes)
    return { what: 'group header', got: `${bytes.length} bytes`, want: groupHeaderBytes }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const magic = view.getUint32(0, true)
  if (magic !== groupMagic) return { what: 'magic of a group', got: hex(magic), want: hex(groupMagic) }
  const frames = view.getUint32(4, true)
  const groupBytes = view.getUint32(8, true)
  const end = groupHeaderBytes + frames * frameEntryBytes + 4
  if (groupBytes > bytesLeft) return { what: 'group bytes', got: groupBytes, want: `at most ${bytesLeft}` }
  if (frames === 0 || end > groupBytes)
    return { what: 'frames of a group', got: frames, want: `fit ${groupBytes} bytes` }
  return end
}

/** Checks header and table, which are exactly `bytes`. Records are not looked at. */
export function parseGroup(bytes: Uint8Array, writer: Identity): GroupParse {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const end = bytes.length
  const want = view.getUint32(end - 4, true)
  const got = crc32(bytes.subarray(0, end - 4))
  if (got !== want) return { what: 'crc32 of the group header', got: hex(got), want: hex(want) }
  const epoch = view.getUint32(12, true)
  if (epoch !== writer.epoch) return { what: 'epoch of the group', got: epoch, want: writer.epoch, foreign: true }
  const nonce = nonceBytes(writer)
  for (let i = 0; i < 8; i++) {
    if (bytes[24 + i] !== nonce[i])
      return { what: `writer of the group, byte ${i}`, got: bytes[24 + i], want: nonce[i], foreign: true }
  }
  const frames: Frame[] = []
  let start = end
  for (let at = groupHeaderBytes; at < end - 4; at += frameEntryBytes) {
    const bytes = view.getUint32(at + 4, true)
    const offset = view.getUint32(at + 8, true) + 2 ** 32 * view.getUint32(at + 12, true)
    frames.push({ partition: view.getUint32(at, true), bytes, offset, crc: view.getUint32(at + 16, true), start })
    start += bytes
  }
  const groupBytes = view.getUint32(8, true)
  if (start !== groupBytes) return { what: 'bytes of the frames', got: start, want: groupBytes, foreign: true }
  return { number: view.getUint32(16, true) + 2 ** 32 * view.getUint32(20, true), groupBytes, frames }
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0')
}
