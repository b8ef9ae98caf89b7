import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Arena } from '../codec/arena.ts'
import { buildColumn, placeColumn, readColumn } from './column.ts'
import { takeByRanks } from './rank-kernels.ts'
import { Region, RegionWriter } from './region.ts'
import { collectByRuns, collectByTokens, countByRuns, countByTokens, decodeRuns } from './run-kernels.ts'
import { BytesSource } from './source.ts'
import { strayFails, strayMasked, strayPasses, takeWithStrays } from './stray-kernels.ts'
import type { RunColumn } from './user-runs.ts'
import { readUserRuns, writeUserRuns } from './user-runs.ts'

interface Row {
  readonly name: number
  readonly user: number
  readonly masked: boolean
}

/** Writes rows and reads their column again. */
async function stored(rows: readonly Row[], names: number, sliceUsers: number): Promise<RunColumn> {
  const region = new RegionWriter(true)
  const eventEnds = Uint32Array.from({ length: names }, (_, name) => rows.filter((row) => row.name <= name).length)
  const masked = Uint32Array.from(rows.flatMap((row, i) => (row.masked ? [i] : [])))
  const users = Uint32Array.from(rows, (row) => row.user)
  const column = buildColumn({ tight: true, packBytesMin: Number.POSITIVE_INFINITY }, (sink) =>
    writeUserRuns({ users, eventEnds, masked }, sink),
  )
  const blob = placeColumn(column, region)
  const { bytes, headLength } = region.finish(column.description)
  const opened = await Region.open(new BytesSource(bytes, 'runs'), { start: 0, end: bytes.length, headLength })
  const ref = { blob, start: 0, end: column.description.length }
  return readColumn(opened, ref, await opened.fetch([blob]), (head, body) =>
    readUserRuns(head, body, { rows: rows.length, names, sliceUsers, arena: new Arena() }),
  )
}

// Users in three scales, so that tokens of one, two and three bytes are chosen.
const scales = [8, 50_000, 1 << 22]
const passes = (user: number) => user % 3 !== 0
const masks = new Map(
  scales.map((users) => [users, Uint8Array.from({ length: users }, (_, user) => Number(passes(user)))]),
)
const bitsOf = new Map(scales.map((users) => [users, Uint32Array.from({ length: users }, (_, user) => user)]))

const cases = fc.constantFrom(...scales).chain((sliceUsers) =>
  fc.record({
    sliceUsers: fc.constant(sliceUsers),
    names: fc.array(
      fc.array(
        fc.record({
          user: fc.noBias(fc.integer({ min: 0, max: sliceUsers - 1 })),
          rows: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 300 })),
          masked: fc.constantFrom(0, 0, 0, 1, 2, 1000),
        }),
        { minLength: 1, maxLength: 20 },
      ),
      { minLength: 1, maxLength: 4 },
    ),
  }),
)

function rowsOf(names: readonly (readonly { user: number; rows: number; masked: number }[])[]): Row[] {
  return names.flatMap((runs, name) =>
    [...new Map(runs.map((run) => [run.user, run])).values()]
      .sort((a, b) => a.user - b.user)
      .flatMap((run) => Array.from({ length: run.rows }, (_, i) => ({ name, user: run.user, masked: i < run.masked }))),
  )
}

test('user runs: counts, bits and decoded runs say the same as the rows (QRY-1)', async () => {
  const widths = new Set<number>()
  await fc.assert(
    fc.asyncProperty(cases, async ({ sliceUsers, names }) => {
      const rows = rowsOf(names)
      const column = await stored(rows, names.length, sliceUsers)
      widths.add(column.tokenBytes)
      const decoded = decodeRuns(column, new Arena())
      const users = Array.from(decoded.user.subarray(0, decoded.count)).flatMap((user, run) =>
        new Array<number>(decoded.end[run]! - (decoded.end[run - 1] ?? 0)).fill(user),
      )
      expect(users).toEqual(rows.map((row) => row.user))

      const mask = masks.get(sliceUsers)!
      const bitOf = bitsOf.get(sliceUsers)!
      const counts = new Float64Array(names.length)
      for (let name = 0; name < names.length; name++) {
        const taken = rows.filter((row) => row.name === name && !row.masked && passes(row.user))
        expect(countByRuns(column, decoded, { name, passing: mask })).toBe(taken.length)
        const ways = [
          (into: { passing: Uint8Array; bitOf: Uint32Array; bits: Uint32Array }) =>
            collectByRuns(column, decoded, { ...into, name }),
        ]
        if (column.tokenBytes === 1) {
          ways.push((into) => collectByTokens(column, name, into))
          counts.fill(0)
          countByTokens(column, { first: name, last: names.length }, mask, counts)
          expect(counts[name]).toBe(taken.length)
        }
        for (const collect of ways) {
          const bits = new Uint32Array((sliceUsers >>> 5) + 1)
          expect(collect({ passing: mask, bitOf, bits })).toBe(taken.length)
          const set = [...new Set(rows.map(({ user }) => user))].filter(
            (user) => ((bits[user >>> 5]! >>> (user & 31)) & 1) === 1,
          )
          expect(new Set(set)).toEqual(new Set(taken.map(({ user }) => user)))
        }
      }
    }),
    { numRuns: 40 },
  )
  expect([...widths].sort()).toEqual([1, 2, 3])
})

test('user runs: rows that stray from their user are taken as they say, masked ones never (QRY-1)', async () => {
  await fc.assert(
    fc.asyncProperty(cases, fc.nat(6), fc.boolean(), async ({ sliceUsers, names }, turn, limited) => {
      const rows = rowsOf(names)
      const column = await stored(rows, names.length, sliceUsers)
      const mask = masks.get(sliceUsers)!
      const isStray = (i: number) => i % 7 === turn || (rows[i]!.masked && i % 2 === 0)
      const stray = rows.flatMap((_, i) => (isStray(i) ? [i] : []))
      const passesItself = (i: number) => (i + turn) % 3 === 0
      const strays = {
        rows: Uint32Array.from(stray),
        states: Uint8Array.from(stray, (i) =>
          rows[i]!.masked ? strayMasked : passesItself(i) ? strayPasses : strayFails,
        ),
        count: stray.length,
        // Who may have a stray that passes: here everyone but who passes otherwise.
        users: limited ? mask.map((passing) => 1 - passing) : undefined,
      }
      const takes = ({ user, masked }: Row, i: number) => {
        if (masked) return false
        return isStray(i) ? passesItself(i) && !(limited && passes(user)) : passes(user)
      }
      for (let name = 0; name < names.length; name++) {
        const taken = rows.filter((row, i) => row.name === name && takes(row, i))
        const start = rows.findIndex((row) => row.name === name)
        const bits = new Uint32Array((sliceUsers >>> 5) + 1)
        const question = { name, start, passing: mask, strays }
        expect(takeWithStrays(column, { ...question, into: undefined })).toBe(taken.length)
        expect(takeWithStrays(column, { ...question, into: { bits, bitOf: bitsOf.get(sliceUsers)! } })).toBe(
          taken.length,
        )
        const set = [...new Set(rows.map(({ user }) => user))].filter(
          (user) => ((bits[user >>> 5]! >>> (user & 31)) & 1) === 1,
        )
        expect(new Set(set)).toEqual(new Set(taken.map(({ user }) => user)))
      }
    }),
    { numRuns: 40 },
  )
})

test('user runs: rows that ranks leave out are not taken (QRY-1)', async () => {
  await fc.assert(
    fc.asyncProperty(cases, fc.nat(6), async ({ sliceUsers, names }, turn) => {
      const rows = rowsOf(names)
      const column = await stored(rows, names.length, sliceUsers)
      const isIn = (i: number) => i % 7 !== turn && !rows[i]!.masked
      const ranks = new Uint32Array(rows.length + 1)
      rows.forEach((_, i) => {
        ranks[i + 1] = ranks[i]! + Number(isIn(i))
      })
      for (let name = 0; name < names.length; name++) {
        const taken = rows.filter((row, i) => row.name === name && isIn(i) && passes(row.user))
        const start = rows.findIndex((row) => row.name === name)
        const bits = new Uint32Array((sliceUsers >>> 5) + 1)
        const question = { name, start, passing: masks.get(sliceUsers)!, ranks }
        expect(takeByRanks(column, { ...question, into: undefined })).toBe(taken.length)
        expect(takeByRanks(column, { ...question, into: { bits, bitOf: bitsOf.get(sliceUsers)! } })).toBe(taken.length)
        const set = [...new Set(rows.map(({ user }) => user))].filter(
          (user) => ((bits[user >>> 5]! >>> (user & 31)) & 1) === 1,
        )
        expect(new Set(set)).toEqual(new Set(taken.map(({ user }) => user)))
      }
    }),
    { numRuns: 40 },
  )
})
