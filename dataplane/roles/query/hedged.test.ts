import { describe, expect, test } from 'vitest'
import { UserError } from '../../../common/errors/errors.ts'
import { SimulatedClock } from '../../../sim/clock.ts'
import { HedgeBudget } from './hedge-budget.ts'
import { type HedgeOptions, hedged, Outrun } from './hedged.ts'

/** Targets whose answers the test gives by hand. */
class Asked {
  readonly clock = new SimulatedClock()
  readonly calls: { target: string; signal: AbortSignal; answer(value: string): void; fail(error: unknown): void }[] =
    []
  readonly stop = new AbortController()
  hedges = 0
  hedgesMax = 1

  options(targets: readonly string[], changes: Partial<HedgeOptions<string, string>> = {}) {
    return {
      clock: this.clock,
      signal: this.stop.signal,
      targets: () => targets,
      call: (target: string, signal: AbortSignal) =>
        new Promise<string>((resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason))
          this.calls.push({ target, signal, answer: resolve, fail: reject })
        }),
      judge: (error: unknown) =>
        error instanceof UserError ? 'final' : (error as Error).message === 'busy' ? 'later' : 'next',
      hedgeAfterMs: () => 100,
      pauseMs: 50,
      mayHedge: () => {
        this.hedges++
        return this.hedges <= this.hedgesMax
      },
      ...changes,
    } satisfies HedgeOptions<string, string>
  }

  get asked(): string {
    return this.calls.map(({ target }) => target).join(' ')
  }
}

async function turns(): Promise<void> {
  for (let i = 0; i < 50; i++) await undefined
}

describe('hedged', () => {
  test('hedged: the first answers in time -> nobody else is asked', async () => {
    const asked = new Asked()
    const answer = hedged(asked.options(['a', 'b']))
    asked.clock.advance(99)
    asked.calls[0]!.answer('of a')
    expect(await answer).toBe('of a')
    asked.clock.advance(1000)
    await turns()
    expect(asked.asked).toBe('a')
    expect(asked.clock.sleeping).toBe(0)
  })

  test('hedged: the first is slow -> the second is asked, its answer counts, the first is cancelled as outrun', async () => {
    const asked = new Asked()
    const answer = hedged(asked.options(['a', 'b', 'c']))
    asked.clock.advance(100)
    await turns()
    expect(asked.asked).toBe('a b')
    asked.calls[1]!.answer('of b')
    expect(await answer).toBe('of b')
    expect(asked.calls[0]!.signal.reason).toBeInstanceOf(Outrun)
    expect(asked.hedges).toBe(1)
  })

  test('hedged: the first is slow and there were hedges enough -> nobody else is asked', async () => {
    const asked = new Asked()
    asked.hedgesMax = 0
    const answer = hedged(asked.options(['a', 'b']))
    asked.clock.advance(5000)
    await turns()
    expect(asked.asked).toBe('a')
    asked.calls[0]!.fail(new Error('dead'))
    await turns()
    asked.calls[1]!.answer('of b')
    expect(await answer).toBe('of b')
  })

  test('hedge budget: ten at once, then one in ten calls', () => {
    const budget = new HedgeBudget()
    const spent = () => Array.from({ length: 20 }, () => budget.spend()).filter(Boolean).length
    expect(spent()).toBe(10)
    for (let call = 0; call < 9; call++) budget.earn()
    expect(spent()).toBe(0)
    budget.earn()
    expect(spent()).toBe(1)
    for (let call = 0; call < 1000; call++) budget.earn()
    expect(spent()).toBe(10)
  })

  test('hedged: the slow one answers first after all -> the second is cancelled, not as outrun', async () => {
    const asked = new Asked()
    const answer = hedged(asked.options(['a', 'b']))
    asked.clock.advance(100)
    await turns()
    asked.calls[0]!.answer('of a')
    expect(await answer).toBe('of a')
    expect(asked.calls[1]!.signal.aborted).toBe(true)
    expect(asked.calls[1]!.signal.reason).not.toBeInstanceOf(Outrun)
  })

  test('hedged: the first fails -> the second is asked at once; that it is slow then asks no third', async () => {
    const asked = new Asked()
    const answer = hedged(asked.options(['a', 'b', 'c']))
    asked.calls[0]!.fail(new Error('dead'))
    await turns()
    asked.clock.advance(1000)
    await turns()
    expect(asked.asked).toBe('a b')
    asked.calls[1]!.answer('of b')
    expect(await answer).toBe('of b')
    expect(asked.hedges).toBe(0)
  })

  test('hedged: an error that is final -> thrown, nobody else is asked', async () => {
    const asked = new Asked()
    const answer = hedged(asked.options(['a', 'b']))
    asked.calls[0]!.fail(new UserError('QUERY_INVALID', 'wrong'))
    await expect(answer).rejects.toThrow('wrong')
    expect(asked.asked).toBe('a')
  })

  test('hedged: all fail, one only for now -> all are asked again after a pause', async () => {
    const asked = new Asked()
    const answer = hedged(asked.options(['a', 'b']))
    asked.calls[0]!.fail(new Error('busy'))
    await turns()
    asked.calls[1]!.fail(new Error('dead'))
    await turns()
    expect(asked.asked).toBe('a b')
    asked.clock.advance(50)
    await turns()
    asked.calls[2]!.answer('of a')
    expect(await answer).toBe('of a')
  })

  test('hedged: all fail for good -> the last error', async () => {
    const asked = new Asked()
    const answer = hedged(asked.options(['a', 'b']))
    asked.calls[0]!.fail(new Error('damaged'))
    await turns()
    asked.calls[1]!.fail(new Error('damaged too'))
    await expect(answer).rejects.toThrow('damaged too')
  })

  test('hedged: the caller leaves, while asking or in a pause -> its reason, and the calls are cancelled', async () => {
    for (const isPausing of [false, true]) {
      const asked = new Asked()
      const answer = hedged(asked.options(['a']))
      if (isPausing) asked.calls[0]!.fail(new Error('busy'))
      await turns()
      asked.stop.abort(new Error('left'))
      await expect(answer).rejects.toThrow('left')
      expect(asked.calls[0]!.signal.aborted).toBe(true)
      expect(asked.clock.sleeping).toBe(0)
    }
  })
})
