import { expect, test } from 'vitest'
import { ScannedValues } from './scanned-values.ts'

test('scanned values: thousands with one hash -> found or not, never another, and in no time', () => {
  const count = 20_000
  const bytes = Buffer.from(Array.from({ length: count }, (_, i) => String(i).padStart(5, '0')).join(''))
  const values = new ScannedValues()
  const of = (i: number, property = 1) => ({ hash: 7, property, start: 5 * i, end: 5 * i + 5 })
  let found = 0
  for (let i = 0; i < count; i++) {
    expect(values.find(bytes, of(i))).toBe(-1)
    values.add(i, of(i))
  }
  for (let i = 0; i < count; i++) {
    const code = values.find(bytes, of(i))
    expect([i, -1]).toContain(code)
    if (code === i) found++
    expect(values.find(bytes, of(i, 2))).toBe(-1)
  }
  expect(found).toBeGreaterThan(0)
  expect(found).toBeLessThan(100)
})
