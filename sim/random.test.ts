import { expect, test } from 'vitest'
import { SeededRandom } from './random.ts'

test('sim random: one seed -> one sequence, another seed -> another', () => {
  const draw = (seed: number) => {
    const random = new SeededRandom(seed)
    return Array.from({ length: 4 }, () => random.uint32())
  }
  expect(draw(1)).toEqual(draw(1))
  expect(draw(1)).not.toEqual(draw(2))
  expect(draw(2 ** 32)).not.toEqual(draw(0))
  expect(draw(7)).toEqual([3386745400, 3054248053, 2026590314, 2720892733])
})

test('sim random: many draws -> spread evenly', () => {
  const random = new SeededRandom(5)
  const counts = new Array<number>(16).fill(0)
  for (let i = 0; i < 160_000; i++) counts[random.below(16)]++
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500)
})

test('sim random: a fork -> draws from it leave the parent as it was', () => {
  const one = new SeededRandom(9)
  const two = new SeededRandom(9)
  one.fork().bytes(1000)
  two.fork()
  expect(one.uint32()).toBe(two.uint32())
})
