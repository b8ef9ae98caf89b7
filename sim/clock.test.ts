import { expect, test } from 'vitest'
import { SimulatedClock } from './clock.ts'

test('sim clock: advancing -> sleepers wake in order of time, then of call, each at its own time', async () => {
  const clock = new SimulatedClock(1000)
  const woken: string[] = []
  const sleep = (name: string, ms: number) => clock.sleep(ms).then(() => woken.push(name))
  const all = [sleep('b', 20), sleep('a', 10), sleep('c', 20), sleep('late', 31)]
  clock.advance(30)
  await Promise.all(all.slice(0, 3))
  expect(woken).toEqual(['a', 'b', 'c'])
  expect([clock.now(), clock.monotonic(), clock.sleeping]).toEqual([1030, 30, 1])
  expect(clock.advanceToNext()).toBe(true)
  await all[3]
  expect(clock.monotonic()).toBe(31)
  expect(clock.advanceToNext()).toBe(false)
})

test('sim clock: an aborted sleep -> rejects with the reason and waits no more', async () => {
  const clock = new SimulatedClock()
  const controller = new AbortController()
  const sleep = clock.sleep(10, controller.signal)
  controller.abort('enough')
  await expect(sleep).rejects.toBe('enough')
  expect(clock.sleeping).toBe(0)
  await expect(clock.sleep(10, AbortSignal.abort('before'))).rejects.toBe('before')
})

test('sim clock: the wall clock jumps back -> durations do not', () => {
  const clock = new SimulatedClock(5000)
  clock.advance(10)
  clock.jump(-1000)
  expect([clock.now(), clock.monotonic()]).toEqual([4010, 10])
})
