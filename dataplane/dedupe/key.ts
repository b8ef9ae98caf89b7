/**
 * The dedupe key as 64 bits (ADR 0003), for probing. A hit is always compared exactly, so a collision
 * costs a comparison and never a wrong answer (DED-1).
 *
 * Hashed within one (project, UTC day): `len(user) u32 LE, user, len(event) u32 LE, event, insert_id`
 * through MurmurHash3 x86 128 with seed 0; the key is its first two words. The lengths keep
 * ("ab", "c") and ("a", "bc") apart.
 */
import { utf8BytesMax, writeUtf8 } from '../../common/bytes/utf8.ts'
import { murmur128 } from '../../common/hash/murmur128.ts'
import type { InsertIds } from '../storage/segment/contract.ts'
import { insertIdBytesMax, writeInsertId } from '../storage/segment/insert-id-text.ts'

/** What identifies events, columnar: the columns of a record's block and of a slice are such. */
export interface IdentityColumns {
  readonly eventNames: readonly string[]
  /** Index into `eventNames`. */
  readonly event: Uint32Array
  readonly userIds: readonly string[]
  /** Index into `userIds`. */
  readonly user: Uint32Array
  readonly insertIds: InsertIds
}

/** Two words per row of `rows`, in their order. */
export function dedupeKeys(columns: IdentityColumns, rows: Uint32Array): Uint32Array {
  const users = new Prefixes(columns.userIds)
  const events = new Prefixes(columns.eventNames)
  const keys = new Uint32Array(2 * rows.length)
  const words = new Uint32Array(4)
  let scratch = new Uint8Array(256)
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    const user = users.at(columns.user[row]!)
    const event = events.at(columns.event[row]!)
    const most = user.length + event.length + insertIdBytesMax(columns.insertIds, row)
    if (most > scratch.length) scratch = new Uint8Array(2 * most)
    scratch.set(user)
    scratch.set(event, user.length)
    const end = writeInsertId(columns.insertIds, row, scratch, user.length + event.length)
    murmur128(scratch, 0, end, 0, words)
    keys[2 * i] = words[0]!
    keys[2 * i + 1] = words[1]!
  }
  return keys
}

/** Length and bytes of each text of a table, made when first asked for. */
class Prefixes {
  readonly #texts: readonly string[]
  readonly #made: (Uint8Array | undefined)[]

  constructor(texts: readonly string[]) {
    this.#texts = texts
    this.#made = new Array(texts.length)
  }

  at(index: number): Uint8Array {
    const made = this.#made[index] ?? prefixed(this.#texts[index]!)
    this.#made[index] = made
    return made
  }
}

function prefixed(text: string): Uint8Array {
  const bytes = new Uint8Array(4 + utf8BytesMax(text))
  const length = writeUtf8(text, bytes, 4)
  new DataView(bytes.buffer).setUint32(0, length, true)
  return bytes.subarray(0, 4 + length)
}
