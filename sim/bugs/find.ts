/** Looks for a planted bug. */
import { type History, runHistory } from '../history.ts'
import type { Bug } from './bug.ts'

/** The first of seeds `[first, first + count)` whose history shows the bug. */
export async function findBug({ seams, shape }: Bug, first: number, count: number): Promise<History | undefined> {
  for (let seed = first; seed < first + count; seed++) {
    const history = await runHistory(seed, { seams: seams(), ...(shape && { shape }) })
    if (history.failure !== undefined) return history
  }
  return undefined
}
