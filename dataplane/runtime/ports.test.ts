import { expect, test } from 'vitest'
import { SimulatedClock } from '../../sim/clock.ts'
import { realClock } from './clock.ts'
import { lineLogger } from './logger.ts'
import { realRandom } from './random.ts'

test('runtime: the real clock -> integer ms, durations go forward, an aborted sleep rejects with its reason', async () => {
  expect(Number.isInteger(realClock.now())).toBe(true)
  const before = realClock.monotonic()
  await realClock.sleep(0)
  expect(realClock.monotonic()).toBeGreaterThanOrEqual(before)
  const controller = new AbortController()
  const sleep = realClock.sleep(60_000, controller.signal)
  controller.abort('enough')
  await expect(sleep).rejects.toBe('enough')
  await expect(realClock.sleep(60_000, AbortSignal.abort('before'))).rejects.toBe('before')
})

test('runtime: entropy -> the length asked for, never the same twice', () => {
  expect(realRandom.bytes(16)).toHaveLength(16)
  expect(realRandom.bytes(16)).not.toEqual(realRandom.bytes(16))
})

test('runtime: a log line -> one JSON object, errors with their message, odd fields never lose the line', () => {
  const lines: string[] = []
  const logger = lineLogger(new SimulatedClock(5), (line) => lines.push(line))
  logger.info('hello', { count: 2, big: 3n })
  logger.warn('look', { error: new Error('why') })
  const loop: Record<string, unknown> = {}
  loop.self = loop
  logger.error('round', { loop })
  const parsed = lines.map((line) => JSON.parse(line))
  expect(lines.every((line) => line.endsWith('\n') && line.indexOf('\n') === line.length - 1)).toBe(true)
  expect(parsed[0]).toEqual({ time: 5, level: 'info', message: 'hello', count: 2, big: '3' })
  expect(parsed[1].error.message).toBe('why')
  expect(parsed[2]).toMatchObject({ level: 'error', message: 'round', loop: '[object Object]' })
})
