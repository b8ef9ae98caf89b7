/**
 * Many seeds, and then a crash at each labelled await that the seeds reached and never crashed at: a seed that
 * reached it, run again up to there and on.
 */
import { type History, runHistory } from './history.ts'
import { Coverage } from './kernel/coverage.ts'

export interface Covered {
  readonly coverage: Coverage
  readonly histories: number
  readonly steps: number
  /** The first history that broke a promise. */
  readonly broken: History | undefined
}

/** Runs seeds `[first, first + count)` and what their coverage lacks. Stops at the first broken promise. */
export async function cover(first: number, count: number): Promise<Covered> {
  const coverage = new Coverage()
  /** The first history that reached an await. */
  const reachedBy = new Map<string, Pick<History, 'seed' | 'crashAt'>>()
  let [histories, steps] = [0, 0]
  const run = async (seed: number, crashAt: readonly string[] = []): Promise<History | undefined> => {
    const history = await runHistory(seed, { crashAt })
    histories++
    steps += history.steps
    coverage.add(history.coverage)
    for (const label of history.coverage.awaits.keys())
      if (!reachedBy.has(label)) reachedBy.set(label, { seed, crashAt })
    return history.failure && history
  }
  const broken = await (async () => {
    for (let seed = first; seed < first + count; seed++) {
      const history = await run(seed)
      if (history !== undefined) return history
    }
    // Crashes bring labels that were not there before.
    for (let round = 0; round < 3; round++) {
      for (const label of coverage.neverCrashed()) {
        const { seed, crashAt } = reachedBy.get(label)!
        const history = await run(seed, [...crashAt, label])
        if (history !== undefined) return history
      }
    }
    return undefined
  })()
  return { coverage, histories, steps, broken }
}
