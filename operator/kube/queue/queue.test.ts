import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ManualClock, settle } from '../../../test/support/manual-clock.ts'
import { Heap } from './heap.ts'
import { lowPriority, WorkQueue } from './queue.ts'

const never = new AbortController().signal

/** Keys in the order in which one worker gets them, each done at once, until nothing is ready. */
async function drained(queue: WorkQueue): Promise<string[]> {
  const keys: string[] = []
  for (;;) {
    const stop = new AbortController()
    const taken = queue.take(stop.signal).catch(() => undefined)
    await settle()
    stop.abort()
    const work = await taken
    if (work === undefined) return keys
    keys.push(work.key)
    queue.done(work.key)
  }
}

it('heap: pops in order', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), (numbers) => {
      const heap = new Heap<number>((a, b) => a < b)
      for (const number of numbers) heap.push(number)
      expect(numbers.map(() => heap.pop())).toEqual(numbers.toSorted((a, b) => a - b))
      expect(heap.pop()).toBeUndefined()
    }),
  )
})

it('queue: a key added many times -> worked on once', async () => {
  const queue = new WorkQueue(new ManualClock())
  for (const key of ['a', 'b', 'a', 'a']) queue.add(key)
  expect(await drained(queue)).toEqual(['a', 'b'])
})

it('queue: a key added while it is being worked on -> once more after that, never at the same time', async () => {
  const queue = new WorkQueue(new ManualClock())
  queue.add('a')
  const first = await queue.take(never)
  queue.add('a')
  queue.add('a')
  expect(await drained(queue)).toEqual([])
  queue.done(first.key)
  expect(await drained(queue)).toEqual(['a'])
})

it('queue: higher priority first, then first come first served; the higher of two counts', async () => {
  const queue = new WorkQueue(new ManualClock())
  for (const key of ['x', 'y', 'z']) queue.add(key, { priority: lowPriority })
  queue.add('now')
  queue.add('z')
  expect(await drained(queue)).toEqual(['now', 'z', 'x', 'y'])
})

it('queue: of two delays the shorter counts, and a key without one is ready at once', async () => {
  const clock = new ManualClock()
  const queue = new WorkQueue(clock)
  queue.add('a', { afterMs: 1000 })
  queue.add('a', { afterMs: 5000 })
  queue.add('b', { afterMs: 5000 })
  queue.add('b', { afterMs: 100 })
  queue.add('c', { afterMs: 100 })
  queue.add('c')
  expect(await drained(queue)).toEqual(['c'])
  await clock.advance(100)
  expect(await drained(queue)).toEqual(['b'])
  await clock.advance(899)
  expect(await drained(queue)).toEqual([])
  await clock.advance(1)
  expect(await drained(queue)).toEqual(['a'])
  await clock.advance(10_000)
  expect(await drained(queue)).toEqual([])
})

it('queue: failures of a key -> 5 ms doubling to 1000 s, its own; a success starts over', async () => {
  const clock = new ManualClock()
  const queue = new WorkQueue(clock)
  const pause = async () => {
    queue.addFailed('a')
    const start = clock.monotonic()
    for (let step = 1; (await drained(queue)).length === 0; step *= 2) await clock.advance(step)
    return clock.monotonic() - start
  }
  expect(await pause()).toBeLessThan(10)
  for (let failure = 1; failure < 18; failure++) queue.addFailed('b')
  expect(queue.failuresOf('b')).toBe(17)
  for (let failure = 0; failure < 10; failure++) await pause()
  expect(await pause()).toBeGreaterThanOrEqual(5 * 2 ** 11)
  queue.forget('a')
  expect(await pause()).toBeLessThan(10)
  for (let failure = 0; failure < 40; failure++) queue.addFailed('c')
  await clock.advance(1_000_000)
  expect(await drained(queue)).toContain('c')
})

it('queue: a taker that gives up -> the key goes to the next one', async () => {
  const queue = new WorkQueue(new ManualClock())
  const stop = new AbortController()
  const taken = queue.take(stop.signal)
  stop.abort(new Error('stopped'))
  await expect(taken).rejects.toThrow('stopped')
  queue.add('a')
  expect(await queue.take(never)).toEqual({ key: 'a', priority: 0 })
})

it('queue: whatever is added whenever -> each key that was added after its last work comes again, none twice at a time', async () => {
  const step = fc.record({
    key: fc.constantFrom('a', 'b', 'c'),
    act: fc.constantFrom('add', 'delay', 'take', 'done', 'wait'),
    ms: fc.integer({ min: 0, max: 20 }),
    priority: fc.constantFrom(0, 1, lowPriority),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const clock = new ManualClock()
      const queue = new WorkQueue(clock)
      const working = new Set<string>()
      const wanted = new Set<string>()
      for (const { key, act, ms, priority } of steps) {
        if (act === 'add') queue.add(key, { priority })
        if (act === 'delay') queue.add(key, { priority, afterMs: ms })
        if (act === 'add' || act === 'delay') wanted.add(key)
        if (act === 'wait') await clock.advance(ms)
        if (act === 'done') {
          working.delete(key)
          queue.done(key)
        }
        if (act === 'take') {
          const stop = new AbortController()
          const taken = queue.take(stop.signal).catch(() => undefined)
          await settle()
          stop.abort()
          const work = await taken
          if (work === undefined) continue
          expect(working.has(work.key)).toBe(false)
          expect(wanted.delete(work.key)).toBe(true)
          working.add(work.key)
        }
      }
      for (const key of working) queue.done(key)
      await clock.advance(100)
      expect((await drained(queue)).toSorted()).toEqual([...wanted].toSorted())
      expect(queue.size).toBe(0)
      expect(clock.sleeping).toBe(0)
    }),
  )
})
