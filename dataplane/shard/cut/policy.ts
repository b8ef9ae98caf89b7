/**
 * When a shard cuts its tail into a segment: by size, by age, and never when nothing moved. Pure.
 *
 * The primary cuts; another replica only when none came for several intervals (put-if-absent decides
 * between those that wake up together).
 */
import type { ShardLimits } from '../../core/limits.ts'

export interface CutState {
  /** A clock that never goes back, ms. */
  readonly nowMs: number
  readonly isPrimary: boolean
  /** Rows in the tail that a cut could take. */
  readonly tailRows: number
  /** When the oldest of them was applied; `undefined` without rows. */
  readonly oldestRowMs: number | undefined
  /** When the newest manifest was committed or adopted here. */
  readonly committedMs: number
  /** True when the log was applied past the manifest's offsets. */
  readonly isAhead: boolean
}

export type CutDecision =
  /** Write the tail into a segment. */
  | { readonly kind: 'cut'; readonly reason: 'size' | 'age' }
  /** No rows, but the offsets moved: a manifest lets the log be trimmed. */
  | { readonly kind: 'advance' }
  | { readonly kind: 'wait'; readonly ms: number }

export function decideCut(state: CutState, limits: ShardLimits): CutDecision {
  const { nowMs, tailRows, oldestRowMs, committedMs } = state
  const patience = state.isPrimary ? 1 : limits.cutIntervalsMissedMax
  // However many rows there are: while one that waits to be decided is in front of them, no cut can take them.
  if (!state.isAhead) return { kind: 'wait', ms: limits.cutTickMs }
  if (tailRows >= limits.segmentRowsMax * patience) return { kind: 'cut', reason: 'size' }
  const age = limits.cutAgeMs * patience
  const due = (oldestRowMs ?? committedMs) + age
  if (nowMs < due) return { kind: 'wait', ms: Math.min(due - nowMs, limits.cutTickMs) }
  return tailRows > 0 ? { kind: 'cut', reason: 'age' } : { kind: 'advance' }
}
