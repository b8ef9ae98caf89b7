import { describe, expect, test } from 'vitest'
import { cover } from './cover.ts'
import { runHistory } from './history.ts'

describe('simulator', () => {
  test('simulator: one seed, run twice -> one history; another seed -> another', async () => {
    const traces = new Set<string>()
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const one = await runHistory(seed)
      const two = await runHistory(seed)
      expect([two.trace, two.steps]).toEqual([one.trace, one.steps])
      traces.add(one.trace)
    }
    expect(traces.size).toBe(6)
  })

  test('simulator: 300 seeds, and a crash at each await that they reach -> every promise holds (ING-1, DED-1, MAN-1, AUD-1, QRY-1)', async () => {
    const { coverage, broken } = await cover(1, 300)
    const crashes = broken?.crashAt.map((label) => ` --crash '${label}'`).join('')
    const again = broken && `npm run sim -- ${broken.seed}${crashes}`
    expect(broken?.failure, `${again}\n${broken?.tail.slice(-20).join('\n')}`).toBeUndefined()
    expect(coverage.neverCrashed()).toEqual([])
    expect(coverage.awaits.size).toBeGreaterThan(200)
    // What the histories must come to, or they prove less than they say.
    for (const state of [
      'answer',
      'answer at an earlier vector',
      'answer with pending rows',
      'log failed after it was replaced',
      'log trimmed',
      'primary handed over',
      'routing map overtaken by a newer one',
      'defect: drop',
      'defect: double',
      'defect: alter',
      'divergence found',
      'divergence named',
      'wrong cut of a replica with a defect',
      'range rebuilt from the log',
      'manifest created',
      'manifest exists',
      'shard says: rows wait to be compared with segments',
    ]) {
      expect(coverage.states.get(state) ?? 0, state).toBeGreaterThan(0)
    }
    for (const fault of [
      'power cut',
      'disk sync failed',
      'store put late',
      'store put reply lost',
      'message lost',
      'word between replicas lost',
      'word between replicas doubled',
      'word between replicas late',
    ]) {
      expect(coverage.faults.get(fault) ?? 0, fault).toBeGreaterThan(20)
    }
  }, 600_000)
})
