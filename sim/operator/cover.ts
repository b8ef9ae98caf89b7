/**
 * Many seeds of the operator, and then a death at each write that the seeds reached and no process died at.
 */
import { Coverage } from '../kernel/coverage.ts'
import { type OperatorHistory, runOperatorHistory } from './history.ts'

export interface OperatorCovered {
  readonly coverage: Coverage
  readonly histories: number
  readonly steps: number
  /** The first history that broke a promise. */
  readonly broken: OperatorHistory | undefined
}

/** Before it is sent, and after its answer: the two moments in which a process can die at a write. */
const isMoment = (label: string) => / (before|after)$/.test(label)

/** Runs seeds `[first, first + count)` and what their coverage lacks. Stops at the first broken promise. */
export async function coverOperator(first: number, count: number): Promise<OperatorCovered> {
  const coverage = new Coverage()
  const reachedBy = new Map<string, { readonly seed: number; readonly crashAt: readonly string[] }>()
  let [histories, steps] = [0, 0]
  const run = async (seed: number, crashAt: readonly string[] = []): Promise<OperatorHistory | undefined> => {
    const history = await runOperatorHistory(seed, { crashAt })
    histories++
    steps += history.steps
    coverage.add(history.coverage)
    for (const label of history.coverage.awaits.keys()) {
      if (!reachedBy.has(label)) reachedBy.set(label, { seed, crashAt })
    }
    return history.failure && history
  }
  for (let seed = first; seed < first + count; seed++) {
    const broken = await run(seed)
    if (broken !== undefined) return { coverage, histories, steps, broken }
  }
  for (const label of coverage.neverCrashed().filter(isMoment)) {
    const { seed, crashAt } = reachedBy.get(label)!
    const broken = await run(seed, [...crashAt, label])
    if (broken !== undefined) return { coverage, histories, steps, broken }
  }
  return { coverage, histories, steps, broken: undefined }
}
