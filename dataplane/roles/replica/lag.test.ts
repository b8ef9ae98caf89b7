import { expect, test } from 'vitest'
import { ManualClock } from '../../../test/support/manual-clock.ts'
import { Lag, type Lagging } from './lag.ts'

function behind() {
  const clock = new ManualClock()
  const ends = new Map([
    [0, 0],
    [3, 0],
  ])
  const applied = { generation: 1, next: new Map(ends) }
  const log = { end: async (partition: number) => ends.get(partition)! }
  const shard = { applied, partitions: [0, 3], ports: { log } } as unknown as Lagging
  const current = { shard: shard as Lagging | undefined }
  const stop = new AbortController()
  const lag = new Lag(clock, () => current.shard)
  const done = lag.watch(stop.signal)
  return {
    ...{ clock, ends, applied, current, lag },
    async end() {
      stop.abort()
      await done
    },
  }
}

test('lag: everything is applied, also when more comes all the time -> 0 or nearly', async () => {
  const { clock, ends, applied, lag, end } = behind()
  for (let second = 0; second < 30; second++) {
    ends.set(3, second + 1)
    await clock.advance(1000)
    expect(lag.ageMs).toBeLessThanOrEqual(2_000)
    applied.next.set(3, second + 1)
    expect([lag.ageMs, lag.lateForMs]).toEqual([0, 0])
  }
  await end()
})

test('lag: one partition stands still -> its age, and after 10 s the time for which it is late; applied -> 0', async () => {
  const { clock, ends, applied, lag, end } = behind()
  await clock.advance(2_000)
  ends.set(0, 5)
  await clock.advance(12_000)
  expect(lag.ageMs).toBe(10_000)
  expect(lag.lateForMs).toBe(0)
  await clock.advance(30_000)
  expect(lag.ageMs).toBe(40_000)
  expect(lag.lateForMs).toBeGreaterThanOrEqual(28_000)
  applied.next.set(0, 5)
  expect([lag.ageMs, lag.lateForMs]).toEqual([0, 0])
  await end()
})

test('lag: always behind by as much, never by less -> late all the time; reached once, the time begins anew', async () => {
  const { clock, ends, applied, lag, end } = behind()
  for (let second = 1; second <= 60; second++) {
    ends.set(0, second)
    applied.next.set(0, Math.max(0, second - 20))
    await clock.advance(1000)
  }
  expect(lag.ageMs).toBeGreaterThan(17_000)
  expect(lag.ageMs).toBeLessThan(22_000)
  expect(lag.lateForMs).toBeGreaterThan(40_000)
  applied.next.set(0, 60)
  await clock.advance(2000)
  ends.set(0, 61)
  await clock.advance(16_000)
  expect(lag.lateForMs).toBeLessThan(6_000)
  await end()
})

test('lag: hours behind -> the age stays exact and no more is kept; the shard is opened anew -> it begins anew', async () => {
  const { clock, ends, current, lag, end } = behind()
  await clock.advance(2_000)
  ends.set(0, 1)
  await clock.advance(2 * 3_600_000)
  expect(lag.ageMs).toBeGreaterThanOrEqual(2 * 3_600_000 - 2_000)
  current.shard = { ...current.shard! }
  await clock.advance(4_000)
  expect(lag.ageMs).toBeLessThanOrEqual(4_000)
  current.shard = undefined
  expect(lag.ageMs).toBe(0)
  await end()
})
