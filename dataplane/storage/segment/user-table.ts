/**
 * The users of a project in a segment, sorted by `(h, id bytes)`: the index is the *ordinal* (ADR 0006).
 *
 *     head of the region:  users varint · hashes (a column) · ids (a column)
 *     hashes:              difference to the hash before (integers)
 *     ids:                 lengths in bytes (integers) · UTF-8 back to back, packed
 */
import { compareUtf8 } from '../../../common/bytes/compare.ts'
import { ByteWriter } from '../../../common/bytes/writer.ts'
import { bug } from '../../../common/errors/errors.ts'
import { readPacked, writePacked } from '../codec/compress.ts'
import { writeInts } from '../codec/ints.ts'
import { readInts } from '../codec/ints-reader.ts'
import { buildColumn, placeColumn, readColumn, readColumnRef, writeColumnRef } from './column.ts'
import type { ByteSource, SliceRows, UserTable } from './contract.ts'
import { UserInterner } from './interner.ts'
import { Region, type RegionRange, RegionWriter } from './region.ts'

/** Tables of at most as many users are read at once. */
const tightUsersMax = 256

/** Stands for a user of a slice that no row has. */
export const unusedUser = 0xffffffff

/** Collects the users of a project's slices. */
export class ProjectUsers {
  readonly #users = new UserInterner()

  /**
   * A number for each of the slice's users (`unusedUser` for those without rows), which `sort` turns
   * into ordinals when all slices are in.
   */
  intern(slice: SliceRows): Uint32Array {
    const { user, userHashes, userIds } = slice
    const numbers = new Uint32Array(userIds.length).fill(unusedUser)
    for (let row = 0; row < slice.rows; row++) {
      const local = user[row]
      if (numbers[local] === unusedUser) numbers[local] = this.#users.intern(userHashes[local], userIds[local])
    }
    return numbers
  }

  /** The sorted table, and the ordinal of each number that `intern` gave. */
  sort(): { readonly hashes: Uint32Array; readonly ids: readonly string[]; readonly ordinalOf: Uint32Array } {
    const { hashes, ids } = this.#users
    const order = sortedUsers(hashes, ids)
    const ordinalOf = new Uint32Array(order.length)
    for (let ordinal = 0; ordinal < order.length; ordinal++) ordinalOf[order[ordinal]] = ordinal
    return {
      hashes: Uint32Array.from(order, (user) => hashes[user]),
      ids: Array.from(order, (user) => ids[user]),
      ordinalOf,
    }
  }
}

/** Largest count of users whose hash and number fit a double together. */
const numbersMax = 1 << 21

/** Numbers of the users by `(h, id bytes)`. */
function sortedUsers(hashes: readonly number[], ids: readonly string[]): Uint32Array {
  const count = ids.length
  const compare = (a: number, b: number) => hashes[a] - hashes[b] || compareUtf8(ids[a], ids[b])
  if (count > numbersMax) return new Uint32Array(count).map((_, i) => i).sort(compare)
  // Sorting plain numbers is many times faster than calling back; the few equal hashes are put right after.
  const keys = new Float64Array(count)
  for (let i = 0; i < count; i++) keys[i] = hashes[i] * numbersMax + i
  keys.sort()
  const order = Uint32Array.from(keys, (key) => key % numbersMax)
  for (let start = 0; start < count; ) {
    let end = start + 1
    while (end < count && hashes[order[end]] === hashes[order[start]]) end++
    if (end - start > 1) order.subarray(start, end).sort(compare)
    start = end
  }
  return order
}

/** The region of a project's table. */
export function writeUserTable(hashes: Uint32Array, ids: readonly string[]): { bytes: Uint8Array; headLength: number } {
  const region = new RegionWriter(hashes.length <= tightUsersMax)
  const steps = hashes.map((h, i) => (i === 0 ? h : h - hashes[i - 1]))
  const hashColumn = buildColumn(region.tight, (sink) => writeInts(steps, sink))
  const idColumn = buildColumn(region.tight, (sink) => {
    const text = new ByteWriter()
    const lengths = new Uint32Array(ids.length)
    for (let i = 0; i < ids.length; i++) {
      const start = text.length
      text.text(ids[i])
      lengths[i] = text.length - start
    }
    writeInts(lengths, sink)
    writePacked(text.view(), sink)
  })
  const head = new ByteWriter()
  head.varint(hashes.length)
  writeColumnRef(head, hashColumn, placeColumn(hashColumn, region))
  writeColumnRef(head, idColumn, placeColumn(idColumn, region))
  return region.finish(head.finish())
}

/** Reads the table of `count` users (as the footer says). Throws `CorruptError`. */
export async function readUserTable(source: ByteSource, range: RegionRange, count: number): Promise<UserTable> {
  const region = await Region.open(source, range)
  const head = region.reader()
  const got = head.varint('users of a table')
  if (got !== count) head.fail('users of a table', got, count)
  const hashRef = readColumnRef(head, region.blobs)
  const idRef = readColumnRef(head, region.blobs)
  const blobs = await region.fetch([hashRef.blob, idRef.blob].filter((blob) => blob >= 0))
  const hashes = readColumn(region, hashRef, blobs, (description, body) => {
    const steps = readInts(description, body, count).all()
    for (let i = 1, h = steps[0]; i < count; i++) {
      h += steps[i]
      if (h > 0xffffffff) body.fail('hash of a user', h, 'at most 4294967295')
      steps[i] = h
    }
    return steps
  })
  return readColumn(region, idRef, blobs, (description, body) => {
    const idEnds = readInts(description, body, count).all()
    const idBytes = readPacked(description, body)
    let end = 0
    for (let i = 0; i < count; i++) {
      end += idEnds[i]
      if (end > idBytes.length) body.fail('length of the user ids', idBytes.length, `at least ${end}`)
      idEnds[i] = end
    }
    if (end !== idBytes.length) body.fail('length of the user ids', idBytes.length, end)
    return new Table(hashes, idBytes, idEnds)
  })
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

class Table implements UserTable {
  readonly count: number
  readonly hashes: Uint32Array
  readonly idBytes: Uint8Array
  readonly idEnds: Uint32Array

  constructor(hashes: Uint32Array, idBytes: Uint8Array, idEnds: Uint32Array) {
    this.count = hashes.length
    this.hashes = hashes
    this.idBytes = idBytes
    this.idEnds = idEnds
  }

  id(ordinal: number): string {
    if (ordinal >= this.count) bug(`user ${ordinal} asked of ${this.count}`)
    return decoder.decode(this.idBytes.subarray(ordinal === 0 ? 0 : this.idEnds[ordinal - 1], this.idEnds[ordinal]))
  }
}
