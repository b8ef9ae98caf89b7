/**
 * The shard against a model of a few lines, through random histories of records, cuts, restarts, followers and
 * failing stores, with few ids, so that copies are everywhere.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { StoreFault } from '../../sim/store.ts'
import { expectedRows, rowsOf, type Sent, turns, World } from '../../test/support/shard-world.ts'
import type { OffsetVector } from '../schema/event.ts'
import type { Shard } from './shard.ts'

const event: fc.Arbitrary<Sent> = fc.record({
  id: fc.constantFrom('a', 'b', '0f8fad5b-d9cb-469f-a165-70867728950e'),
  user: fc.constantFrom('u', 'v', '', 'w'),
  event: fc.constantFrom('E', 'F'),
  time: fc.constantFrom(-1, 0, 1, 2),
  project: fc.constantFrom('p', 'q'),
})

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('send' as const),
      events: fc.array(event, { minLength: 1, maxLength: 5 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('cut' as const, 'restart', 'cutBySecond', 'follow', 'merge') }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remember' as const) }) },
)

async function check(world: World, shard: Shard, at?: OffsetVector): Promise<void> {
  const view = await shard.view(at)
  expect(view.pending).toBe(0)
  expect(await rowsOf(view)).toEqual(expectedRows(world, view.at))
}

async function play(
  steps: readonly (typeof step extends fc.Arbitrary<infer Step> ? Step : never)[],
  partitions: number,
) {
  const world = new World(partitions)
  // Small runs, and a manifest that moves references to pages all the time.
  const limits = { runRowsMax: 4, runsPerClass: 4, inlineReferencesMax: 2 }
  let shard = await world.start({ limits })
  let second = await world.start({ limits })
  let remembered: OffsetVector[] = []
  for (const step of steps) {
    if (step.kind === 'send') {
      await world.send(...step.events)
      await shard.catchUp()
      // The other replica lags: it only applies when it acts.
    } else if (step.kind === 'cut') await shard.cut()
    else if (step.kind === 'cutBySecond') {
      await second.catchUp()
      await second.cut()
    } else if (step.kind === 'follow') {
      await second.follow()
      await shard.follow()
    } else if (step.kind === 'restart') {
      shard = await world.start({ limits })
      second = await world.start({ limits })
      remembered = []
    } else if (step.kind === 'remember') remembered.push(shard.applied)
    await check(world, shard)
    await check(world, second)
    for (const at of remembered) await check(world, shard, at)
  }
  await second.catchUp()
  await check(world, second)
}

test('shard: any history of records, cuts, races, restarts and followers -> each view is exactly what the log says (DED-1, DED-2, MAN-1, QRY-1)', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.constantFrom(1, 2, 4), play), { numRuns: 60 })
}, 60_000)

const fault: fc.Arbitrary<StoreFault> = fc.oneof(
  fc.constant<StoreFault>({ kind: 'fail' }),
  fc.constant<StoreFault>({ kind: 'loseReply' }),
  fc.constant<StoreFault>({ kind: 'late', afterMs: 700 }),
)

test('shard: a store that fails, loses replies and writes late -> nothing is lost or doubled (DED-1, MAN-1)', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(event, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 8 }),
      fc.array(fc.option(fault, { freq: 3, nil: undefined }), { minLength: 5, maxLength: 40 }),
      async (requests, faults) => {
        const world = new World()
        const store = world.store()
        const shard = await world.start({ store })
        let operations = 0
        for (const events of requests) {
          await world.send(...events)
          // Faults run out, so that the history ends; looking at the view must meet none.
          store.faults = () => faults[operations++]
          await shard.catchUp()
          await shard.cut().catch(() => undefined)
          store.faults = () => undefined
          const view = await shard.view()
          const rows = await rowsOf(view)
          const expected = expectedRows(world, view.at)
          // What waits is counted, nothing else is missing, and what is there is right.
          expect(rows.length + view.pending).toBe(expected.length)
          if (view.pending === 0) expect(rows).toEqual(expected)
          store.faults = () => faults[operations++]
          world.clock.advance(1000)
          await turns()
        }
        store.faults = () => undefined
        while (shard.pendingRows > 0) {
          world.clock.advance(1000)
          await shard.catchUp()
        }
        await check(world, shard)
        await shard.cut()
        await check(world, shard)
        await check(world, await world.start())
      },
    ),
    { numRuns: 60 },
  )
}, 60_000)
