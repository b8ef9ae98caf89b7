import { expect, test } from 'vitest'
import { coverOperator } from './cover.ts'
import { runOperatorHistory } from './history.ts'

test('operator simulator: one seed, run twice -> one history; another seed -> another', async () => {
  const traces = new Set<string>()
  for (const seed of [1, 2, 3, 4]) {
    const one = await runOperatorHistory(seed)
    const two = await runOperatorHistory(seed)
    expect([two.trace, two.steps]).toEqual([one.trace, one.steps])
    traces.add(one.trace)
  }
  expect(traces.size).toBe(4)
})

test('operator simulator: 300 seeds, and a death at each write that they reach -> what is wanted comes true, nothing is lost, then nothing is written (OPR-1, OPR-2)', async () => {
  const { coverage, broken } = await coverOperator(1, 300)
  const crashes = broken?.crashAt.map((label) => ` --crash '${label}'`).join('')
  const again = broken && `npm run sim -- operator ${broken.seed}${crashes}`
  expect(broken?.failure, `${again}\n${broken?.tail.slice(-20).join('\n')}`).toBeUndefined()
  expect(coverage.neverCrashed().filter(isWrite)).toEqual([])
  expect([...coverage.awaits.keys()].filter(isWrite).length).toBeGreaterThan(40)
  // What the histories must come to, or they prove less than they say.
  for (const state of [
    'outcome: serving',
    'outcome: retained',
    'outcome: destroyed',
    'outcome: data lost',
    'veto: RemoveReplica LastServing',
    'veto: RestartReplica LastServing',
    'veto: RestartReplica ReplicaDivergence',
    'wish: adopt',
    'operator says: leadership lost',
    'operator says: the history of a watch is gone: listing anew',
  ]) {
    expect(coverage.states.get(state) ?? 0, state).toBeGreaterThan(0)
  }
  for (const fault of [
    'operator killed',
    'operator stopped',
    'watch silent',
    'command late',
    'podVanishes',
    'dataLost',
  ]) {
    expect(coverage.faults.get(fault) ?? 0, fault).toBeGreaterThan(5)
  }
}, 600_000)

const isWrite = (label: string) => /^operator (create|replace|apply|patch|delete|push) .*(before|after)$/.test(label)
