import { expect, test } from 'vitest'
import { QuickReads } from './quick-reads.ts'

/** How many of `reads` reads were made at once, where one takes `ms`. */
function madeAtOnce(reads: number, ms: (read: number) => number, length = 1000): number {
  let now = 0
  let made = 0
  const quick = new QuickReads(() => now)
  for (let i = 0; i < reads; i++) {
    const bytes = quick.try(length, () => {
      now += ms(i)
      made++
      return i
    })
    expect(bytes === undefined || bytes === i).toBe(true)
  }
  return made
}

test('quick reads: the page cache answers -> all are made at once', () => {
  expect(madeAtOnce(10_000, () => 0.005)).toBe(10_000)
})

test('quick reads: a slow medium -> few are waited for, so that little else is held up (ING-1)', () => {
  expect(madeAtOnce(10_000, () => 10)).toBeLessThan(50)
})

test('quick reads: now and then a slow one -> nearly all are made at once', () => {
  expect(madeAtOnce(10_000, (i) => (i % 100 === 0 ? 10 : 0.005))).toBeGreaterThan(9_500)
})

test('quick reads: long reads -> never', () => {
  expect(madeAtOnce(10, () => 0.005, 2 ** 20 + 1)).toBe(0)
})
