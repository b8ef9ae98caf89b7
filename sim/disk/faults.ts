/**
 * Where a simulated disk can go wrong: each call is two *steps*, one before its effect and one after,
 * and a plan decides at each. So "crashed between the write and its reply" and "renamed, but reported
 * as failed" are cases like any other.
 *
 * Does not: decide what survives a crash (`inode.ts`, `entries.ts`).
 */
import type { SeededRandom } from '../random.ts'

export type DiskOperation =
  | 'list'
  | 'makeFolder'
  | 'open'
  | 'rename'
  | 'link'
  | 'remove'
  | 'syncFolder'
  | 'size'
  | 'read'
  | 'write'
  | 'truncate'
  | 'sync'
  | 'close'

export interface DiskStep {
  /** Counts the steps of this disk from 0. */
  readonly index: number
  readonly operation: DiskOperation
  readonly moment: 'before' | 'after'
  readonly path: string
}

/**
 * `crash`: the machine stops here; the call never returns. `io`: the call fails; a write may have done a part, a sync has
 * lost some of the unsynced data for good. `full`: as `io` for calls that need space, with the code `full`.
 */
export type DiskFault = 'crash' | 'io' | 'full'

export type FaultPlan = (step: DiskStep) => DiskFault | undefined

/** No fault at all. */
export const faultless: FaultPlan = () => undefined

/** The fault at exactly one step. */
export function faultAt(index: number, fault: DiskFault): FaultPlan {
  return (step) => (step.index === index ? fault : undefined)
}

/** The fault at the `count`-th time (from 0) that a step is an `operation` at the given moment on a path that contains `part`. */
export function faultOn(
  fault: DiskFault,
  on: { operation: DiskOperation; moment?: DiskStep['moment']; path?: string; count?: number },
): FaultPlan {
  let seen = 0
  return (step) => {
    if (step.operation !== on.operation || step.moment !== (on.moment ?? 'before')) return undefined
    if (on.path !== undefined && !step.path.includes(on.path)) return undefined
    return seen++ === (on.count ?? 0) ? fault : undefined
  }
}

/** Each step fails with the given probability. */
export function faultsAtRandom(random: SeededRandom, probability: { io?: number; full?: number }): FaultPlan {
  return () => {
    if (random.chance(probability.io ?? 0)) return 'io'
    return random.chance(probability.full ?? 0) ? 'full' : undefined
  }
}
