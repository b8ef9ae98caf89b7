import { expect, test } from 'vitest'
import { SimulatedClock } from '../../../sim/clock.ts'
import { ExportRates } from './export-rates.ts'

test('export rates: 3 a second and 60 an hour pass, the next is 429 with the time to wait, others are not held up (QRY-2)', () => {
  const clock = new SimulatedClock()
  const rates = new ExportRates(clock)
  for (let i = 0; i < 60; i++) {
    rates.take('p')
    if (i % 3 !== 2) continue
    expect(() => rates.take('p')).toThrow(i === 59 ? /60 raw exports an hour/ : /3 raw exports a second/)
    clock.advance(1000)
  }
  try {
    rates.take('p')
    expect.unreachable()
  } catch (error) {
    expect(error).toMatchObject({ status: 429, retryAfterMs: 3_600_000 - 20_000 })
  }
  rates.take('q')
  clock.advance(3_600_000 - 20_000)
  rates.take('p')
})
