import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { expectedRows, inline, rowsOf, type Sent, World } from '../../../test/support/shard-world.ts'
import { covers } from '../vector.ts'
import { cutEnd } from './extent.ts'

const vector = (...next: number[]) => ({ generation: 1, next: new Map(next.entries()) })
const run = (rows: number, ...spans: [number, number][]) => ({
  rows,
  span: new Map([...spans.entries()].map(([partition, [first, last]]) => [partition, { first, last }])),
})

describe('extent of a cut', () => {
  test('extent: up to twice the rows of a cut -> all that is decided (MAN-1)', () => {
    const runs = [run(10, [0, 4]), run(10, [5, 8])]
    expect(cutEnd(runs, { from: vector(0), to: vector(9) }, 10)).toEqual(vector(9))
  })

  test('extent: a longer tail -> the end of its oldest runs, no further than what is decided (MAN-1)', () => {
    const runs = [run(8, [0, 4], [0, 1]), run(8, [5, 9], [1, 3]), run(8, [10, 12], [4, 4])]
    expect(cutEnd(runs, { from: vector(0, 0), to: vector(13, 5) }, 10)).toEqual(vector(10, 4))
    expect(cutEnd(runs, { from: vector(0, 0), to: vector(7, 5) }, 10)).toEqual(vector(7, 4))
  })

  test('extent: rows that segments have do not count, and a cut always gets on (MAN-1)', () => {
    const runs = [run(30, [0, 4]), run(8, [5, 9])]
    expect(cutEnd(runs, { from: vector(5), to: vector(10) }, 10)).toEqual(vector(10))
    // The oldest run has nothing decided but what is cut.
    const waiting = [run(30, [3, 8]), run(8, [9, 9], [0, 3])]
    expect(cutEnd(waiting, { from: vector(5, 0), to: vector(5, 4) }, 10)).toEqual(vector(5, 4))
  })

  test('extent: any tail, cut bit by bit -> every row once, until nothing is left (MAN-1, DED-1)', async () => {
    const sent = fc.record({ user: fc.nat(6), time: fc.nat(3), id: fc.nat(40), project: fc.nat(1) })
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(sent, { minLength: 1, maxLength: 9 }), { minLength: 1, maxLength: 14 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 6 }),
        async (requests, segmentRowsMax, runRowsMax) => {
          const world = new World(2)
          for (const rows of requests) await world.send(...rows.map(named))
          const shard = await world.start({ background: inline, limits: { segmentRowsMax, runRowsMax } })
          const rows = shard.tailRows
          let cuts = 0
          while ((await shard.cut()).kind === 'cut') {
            cuts++
            const view = await shard.view()
            expect(await rowsOf(view)).toEqual(expectedRows(world, view.at))
          }
          expect(covers(shard.manifest.offsets, shard.applied)).toBe(true)
          expect(shard.tailRows).toBe(0)
          expect(shard.stored.reduce((sum, { reference }) => sum + reference.rows, 0)).toBe(rows)
          // The bound is why there are several.
          if (rows > 2 * segmentRowsMax + 9 * runRowsMax) expect(cuts).toBeGreaterThan(1)
        },
      ),
      { numRuns: 20 },
    )
  })
})

function named({ user, time, id, project }: { user: number; time: number; id: number; project: number }): Sent {
  return { id: `i${id}`, user: `u${user}`, event: `E${id % 2}`, time, project: `p${project}` }
}
