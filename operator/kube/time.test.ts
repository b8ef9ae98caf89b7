import { expect, test } from 'vitest'
import { microTime, secondsTime } from './time.ts'

test('time: a moment before 1970 or within a second -> whole seconds in UTC', () => {
  expect([secondsTime(-1), secondsTime(999)]).toEqual(['1969-12-31T23:59:59Z', '1970-01-01T00:00:00Z'])
})

test('time: milliseconds -> six digits, as the API server wants them of a MicroTime', () => {
  expect(microTime(1_001)).toBe('1970-01-01T00:00:01.001000Z')
})
