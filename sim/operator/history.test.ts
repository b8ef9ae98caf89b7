import { expect, test } from 'vitest'
import { Coverage } from '../kernel/coverage.ts'
import { runOperatorHistory } from './history.ts'

test('operator simulator: one seed, run twice -> one history; another seed -> another', async () => {
  const traces = new Set<string>()
  for (const seed of [1, 2]) {
    const one = await runOperatorHistory(seed)
    const two = await runOperatorHistory(seed)
    expect([two.trace, two.steps]).toEqual([one.trace, one.steps])
    traces.add(one.trace)
  }
  expect(traces.size).toBe(2)
})

test('operator simulator: 40 seeds -> what is wanted comes true, nothing is lost, then nothing is written (OPR-1, OPR-2)', async () => {
  const coverage = new Coverage()
  for (let seed = 1; seed <= 40; seed++) {
    const history = await runOperatorHistory(seed)
    coverage.add(history.coverage)
    const again = `npm run sim -- operator ${seed}\n${history.tail.slice(-20).join('\n')}`
    expect(history.failure, again).toBeUndefined()
  }
  // What the histories must come to, or they prove less than they say.
  for (const state of ['outcome: serving', 'takeover'])
    expect(coverage.states.get(state) ?? 0, state).toBeGreaterThan(0)
  for (const fault of ['operator killed', 'operator stopped', 'podVanishes']) {
    expect(coverage.faults.get(fault) ?? 0, fault).toBeGreaterThan(0)
  }
  expect([...coverage.crashes.keys()].filter(isWrite).length).toBeGreaterThan(5)
}, 600_000)

const isWrite = (label: string) => /^operator (create|replace|apply|patch|delete|push) .*(before|after)$/.test(label)
