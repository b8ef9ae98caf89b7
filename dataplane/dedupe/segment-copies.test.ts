import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SeededRandom } from '../../sim/random.ts'
import { dayMs } from '../schema/event.ts'
import { placementHash } from '../schema/placement.ts'
import { SliceBuilder } from '../storage/segment/builder.ts'
import type { Segment } from '../storage/segment/contract.ts'
import { encodeSegment } from '../storage/segment/encode.ts'
import { openSegment } from '../storage/segment/open.ts'
import { BytesSource, CountingSource } from '../storage/segment/source.ts'
import { dedupeKeys } from './key.ts'
import { loadFilter } from './load-filter.ts'
import { columnsOf, type IdentityRow } from './samples.ts'
import { findCopies, sliceOf } from './segment-copies.ts'

const of = { project: 'p', day: 20_454 }
const hashOf = (user: string) => (user === '' ? 77 : placementHash('p', user, ''))

/** A segment of rows of one project and day, with another project and another day around them. */
async function segmentOf(rows: readonly IdentityRow[]): Promise<{ segment: Segment; source: CountingSource }> {
  const slices = [
    { ...of, rows },
    { project: 'o', day: of.day, rows: [{ user: 'u1', event: 'E1', id: 'elsewhere' }] },
    // Users that the day asked for need not have, with what others did on it.
    {
      project: 'p',
      day: of.day + 1,
      rows: ['u1', 'a', 'ab', 'é', '😀', ''].map((user) => ({ user, event: 'E', id: 'x' })),
    },
    { project: 'q', day: of.day, rows: [{ user: 'u1', event: 'E1', id: 'elsewhere' }] },
  ].map(({ project, day, rows }) => {
    const builder = new SliceBuilder(project, day)
    for (const [i, { user, event, id }] of rows.entries()) {
      const time = day * dayMs + i
      builder.add({ project, event, distinctId: user, time, insertId: id, properties: { i } }, hashOf(user))
    }
    return builder.finish()
  })
  const source = new CountingSource(new BytesSource(encodeSegment(slices).bytes))
  return { segment: await openSegment(source), source }
}

/** Rows with stripes of their own and a rest, hot users, users without a name. */
function manyRows(seed: number, count: number): IdentityRow[] {
  const random = new SeededRandom(seed)
  return Array.from({ length: count }, (_, i) => ({
    user: random.chance(0.05) ? '' : `u${Math.floor(random.below(30) ** 2 / 30)}`,
    event: random.chance(0.7) ? 'Big' : random.chance(0.5) ? 'Large' : `E${random.below(9)}`,
    id: `${seed}-${i}`,
  }))
}

describe('copies in segments', () => {
  test('dedupe: rows of large and small stripes, in several segments -> exactly those that are there (DED-1)', async () => {
    const parts = [manyRows(1, 2500), manyRows(2, 300), manyRows(3, 2500)]
    const segments = (await Promise.all(parts.map(segmentOf))).map(({ segment }) => segment)
    const there = parts.flatMap((rows) => rows.filter((_, i) => i % 17 === 0))
    const altered = there.flatMap((row) => [
      { ...row, user: `${row.user}x` },
      { ...row, event: row.event === 'Big' ? 'Large' : 'Big' },
      { ...row, id: `${row.id}z` },
    ])
    const wanted = [
      ...there,
      ...altered,
      { user: 'u1', event: 'E1', id: 'elsewhere' },
      { user: 'u1', event: 'E', id: 'x' },
    ]
    const columns = columnsOf(wanted, hashOf)
    const rows = wanted.map((_, row) => row)
    const found = await findCopies(segments, of, { columns, rows })
    expect([...found].sort((a, b) => a - b)).toEqual(there.map((_, row) => row))
  })

  test('dedupe: an event or a user that the day does not have -> no column is read', async () => {
    const { segment, source } = await segmentOf(manyRows(1, 3000))
    const wanted = [
      { user: 'u1', event: 'Unheard', id: 'a' },
      { user: 'nobody', event: 'Big', id: 'b' },
    ]
    const columns = columnsOf(wanted, hashOf)
    await segment.users('p')
    await segment.slice(sliceOf(segment, of)!)
    const before = source.rangeReads
    await segment.slice(sliceOf(segment, of)!)
    const sliceReads = source.rangeReads - before
    expect((await findCopies([segment], of, { columns, rows: [0, 1] })).size).toBe(0)
    expect(source.rangeReads - before).toBe(2 * sliceReads)
    expect((await findCopies([segment], { project: 'none', day: 1 }, { columns, rows: [0, 1] })).size).toBe(0)
    expect(source.rangeReads - before).toBe(2 * sliceReads)
  })

  test('dedupe: found in a newer segment -> older ones are not read', async () => {
    const [older, newer] = [await segmentOf(manyRows(1, 300)), await segmentOf(manyRows(2, 300))]
    const before = older.source.rangeReads
    const columns = columnsOf(manyRows(2, 300).slice(0, 5), hashOf)
    const found = await findCopies([older.segment, newer.segment], of, { columns, rows: [0, 1, 2, 3, 4] })
    expect(found.size).toBe(5)
    expect(older.source.rangeReads).toBe(before)
  })

  test('dedupe: a filter built from segments -> has every key of the day and no other (DED-1)', async () => {
    const parts = [manyRows(1, 2500), manyRows(2, 300)]
    const segments = (await Promise.all(parts.map(segmentOf))).map(({ segment }) => segment)
    const filter = await loadFilter(segments, of)
    const keysOf = (rows: readonly IdentityRow[]) =>
      dedupeKeys(
        columnsOf(rows),
        Uint32Array.from({ length: rows.length }, (_, row) => row),
      )
    const has = (keys: Uint32Array) => {
      let count = 0
      for (let i = 0; i < keys.length; i += 2) if (filter.has(keys[i]!, keys[i + 1]!)) count++
      return count
    }
    expect(filter.size).toBe(2800)
    expect(has(keysOf(parts.flat()))).toBe(2800)
    expect(has(keysOf(manyRows(3, 2000)))).toBe(0)
    expect((await loadFilter(segments, { project: 'none', day: 1 })).size).toBe(0)
  })

  test('dedupe: any rows -> found if and only if equal in user, event and id (DED-1)', async () => {
    const row = fc.record({
      user: fc.constantFrom('', 'a', 'ab', 'é', '😀'),
      event: fc.constantFrom('E', 'F', 'é'),
      id: fc.constantFrom('x', 'y', '00000000000000000000000000000000', '00000000-0000-0000-0000-000000000000'),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { maxLength: 20 }),
        fc.array(row, { minLength: 1, maxLength: 20 }),
        async (stored, asked) => {
          const { segment } = await segmentOf(stored)
          const texts = new Set(stored.map((row) => JSON.stringify(row)))
          const found = await findCopies([segment], of, {
            columns: columnsOf(asked, hashOf),
            rows: asked.map((_, i) => i),
          })
          expect(asked.map((_, i) => found.has(i))).toEqual(asked.map((row) => texts.has(JSON.stringify(row))))
        },
      ),
      { numRuns: 100 },
    )
  })
})
