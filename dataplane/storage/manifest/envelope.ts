/**
 * The bytes around a manifest or a reference page (ADR 0009):
 *
 * ```
 *  0      4          6          8         12         16                16 + length
 *  ├──────┼──────────┼──────────┼─────────┼──────────┼─────────────────┤
 *  │magic │version   │reserved  │length   │crc32     │JSON, UTF-8      │
 *  │4 B   │u16 LE    │0, u16 LE │u32 LE   │u32 LE    │`length` bytes   │
 *  └──────┴──────────┴──────────┴─────────┴──────────┴─────────────────┘
 *          crc32 is over bytes 0 to 12 and the JSON
 * ```
 *
 * The header keeps this shape in all versions, so damage and a newer format can be told apart: the
 * checksum is looked at before the version. Does not: know what the JSON says.
 */
import { assert, corrupt } from '../../../common/errors/errors.ts'
import { crc32 } from '../../../common/hash/crc32.ts'

export type Magic = 'ABMF' | 'ABPG'

const version = 1
const headerBytes = 16
/** A manifest of 256 inline references is about 100 KB; this bounds what a damaged size can make us read. */
export const envelopeBytesMax = 64 * 1024 * 1024

export function seal(magic: Magic, body: unknown): Uint8Array {
  const json = Buffer.from(JSON.stringify(body))
  const bytes = new Uint8Array(headerBytes + json.length)
  assert(bytes.length <= envelopeBytesMax, `${magic} of ${bytes.length} bytes, at most ${envelopeBytesMax}`)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < 4; i++) bytes[i] = magic.charCodeAt(i)
  view.setUint16(4, version, true)
  view.setUint32(8, json.length, true)
  bytes.set(json, headerBytes)
  view.setUint32(12, checksum(bytes), true)
  return bytes
}

/** The JSON inside. Throws `CorruptError`: `MANIFEST_CORRUPT`, or `FORMAT_UNKNOWN` for an intact object of another version. */
export function unseal(magic: Magic, object: string, bytes: Uint8Array): unknown {
  const wrong = (offset: number, what: string, got: string | number, want: string | number) =>
    corrupt({ code: 'MANIFEST_CORRUPT', object, offset, what, got, want })
  if (bytes.length < headerBytes) wrong(0, 'size in bytes', bytes.length, `at least ${headerBytes}`)
  const found = String.fromCharCode(...bytes.subarray(0, 4))
  if (found !== magic) wrong(0, 'magic', JSON.stringify(found), magic)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const length = view.getUint32(8, true)
  if (length !== bytes.length - headerBytes) wrong(8, 'length of the body', length, bytes.length - headerBytes)
  const crc = view.getUint32(12, true)
  if (crc !== checksum(bytes)) wrong(12, 'crc32', hex(crc), hex(checksum(bytes)))
  const written = view.getUint16(4, true)
  if (written !== version || view.getUint16(6, true) !== 0) {
    corrupt({ code: 'FORMAT_UNKNOWN', object, offset: 4, what: `version of ${magic}`, got: written, want: version })
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(headerBytes)))
  } catch (error) {
    return wrong(headerBytes, 'body', String(error), 'JSON')
  }
}

const checksum = (bytes: Uint8Array) => crc32(bytes.subarray(headerBytes), crc32(bytes.subarray(0, 12)))

const hex = (value: number) => value.toString(16).padStart(8, '0')
