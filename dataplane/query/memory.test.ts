import { expect, test } from 'vitest'
import { QueryMemory } from './memory.ts'

test('memory: what a query gives back serves the next, and nothing serves two at once', () => {
  const [first, second] = [new QueryMemory(), new QueryMemory()]
  const held = first.u32(100_000)
  expect(second.u32(100_000).buffer).not.toBe(held.buffer)
  first.give(held)
  // Given back twice it is still one.
  first.give(held)
  const again = second.f64(50_000)
  expect(again.buffer).toBe(held.buffer)
  expect(again).toHaveLength(50_000)
  expect(second.f64(50_000).buffer).not.toBe(held.buffer)
  second.release()
  second.give(again)
  expect(new Set([first.u32(100_000), first.u32(100_000), first.u32(100_000)].map(({ buffer }) => buffer)).size).toBe(3)
  first.release()
})
