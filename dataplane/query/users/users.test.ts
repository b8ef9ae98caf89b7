import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { UserTable } from '../../storage/segment/contract.ts'
import { clipOrdinals } from './clip.ts'
import { joinUsers, noUser, positionMask } from './join.ts'

interface User {
  readonly hash: number
  readonly id: string
}

const compare = (a: User, b: User): number => a.hash - b.hash || Buffer.compare(Buffer.from(a.id), Buffer.from(b.id))

function tableOf(users: readonly User[]): UserTable {
  const sorted = [...users].sort(compare).filter((user, i, all) => i === 0 || compare(user, all[i - 1]!) !== 0)
  const ids = sorted.map((user) => Buffer.from(user.id))
  let end = 0
  return {
    count: sorted.length,
    hashes: Uint32Array.from(sorted, (user) => user.hash),
    idBytes: Buffer.concat(ids),
    idEnds: Uint32Array.from(ids, (id) => (end += id.length)),
    id: (ordinal) => sorted[ordinal]!.id,
  }
}

// Few hashes and ids, so that equal hashes with different ids, prefixes and rows without a user are common.
const user = fc.record({
  hash: fc.constantFrom(0, 1, 7, 2 ** 31, 2 ** 32 - 1),
  id: fc.constantFrom('', 'a', 'ab', 'b', 'é', '\u{1f600}'),
})

test('users: equal (h, id) in any tables is one position, in (h, id) order, rows without a user between (QRY-1)', () => {
  fc.assert(
    fc.property(fc.array(fc.array(user, { maxLength: 12 }), { maxLength: 5 }), (lists) => {
      const tables = lists.map(tableOf)
      const joined = joinUsers(tables)
      const real = lists.flat().filter((one) => one.id !== '')
      const all = [...new Map([...real].sort(compare).map((one) => [`${one.hash} ${one.id}`, one])).values()]
      expect(joined.count).toBe(all.length)
      for (const [i, table] of tables.entries()) {
        for (let ordinal = 0; ordinal < table.count; ordinal++) {
          const own = { hash: table.hashes[ordinal]!, id: table.id(ordinal) }
          const position = joined.tables[i]!.positions?.[ordinal] ?? ordinal
          expect(position >= noUser).toBe(own.id === '')
          const before = all.filter((one) => compare(one, own) < 0).length
          expect(position & positionMask).toBe(before)
        }
      }
    }),
  )
})

test('users: ids of one length are joined by words and in the order of their bytes (QRY-1)', () => {
  const id = fc.constantFrom('aaaaaaaa', 'aaaaaaab', 'aaabaaaa', 'baaaaaaa', 'aaaaéaa', 'zaaaaaaa')
  fc.assert(
    fc.property(fc.array(fc.array(fc.record({ hash: fc.constantFrom(0, 7), id }), { maxLength: 8 })), (lists) => {
      const tables = lists.map(tableOf)
      const joined = joinUsers(tables)
      const all = [...new Map([...lists.flat()].sort(compare).map((one) => [`${one.hash} ${one.id}`, one])).values()]
      expect(joined.count).toBe(all.length)
      for (const [i, table] of tables.entries()) {
        for (let ordinal = 0; ordinal < table.count; ordinal++) {
          const own = { hash: table.hashes[ordinal]!, id: table.id(ordinal) }
          const before = all.filter((one) => compare(one, own) < 0).length
          expect(joined.tables[i]!.positions?.[ordinal] ?? ordinal).toBe(before)
        }
      }
    }),
  )
})

test('users: one table whose rows all have a user is not copied', () => {
  expect(
    joinUsers([
      tableOf([
        { hash: 3, id: 'x' },
        { hash: 4, id: 'y' },
      ]),
    ]),
  ).toEqual({ count: 2, tables: [{ positions: undefined, userless: false }] })
})

test('clip: ranges of h are ranges of ordinals, ends exclusive up to 2^32 (RSH-1)', () => {
  const hashes = [0, 5, 5, 9, 2 ** 32 - 1]
  const table = tableOf(hashes.map((hash, i) => ({ hash, id: `u${i}` })))
  expect(
    clipOrdinals(table, [
      { start: 0, end: 5 },
      { start: 5, end: 2 ** 32 },
    ]),
  ).toEqual([
    { start: 0, end: 1 },
    { start: 1, end: 5 },
  ])
  expect(clipOrdinals(table, [{ start: 6, end: 2 ** 32 - 1 }])).toEqual([{ start: 3, end: 4 }])
  expect(clipOrdinals(table, [])).toEqual([])
  expect(() =>
    clipOrdinals(table, [
      { start: 5, end: 6 },
      { start: 0, end: 1 },
    ]),
  ).toThrow(/RSH-1/)
})
