/** What every plan answers with. */
import type { Action } from './action.ts'
import type { Blocked } from './veto.ts'

/** A sentence for people, recorded as an Event of the object that was reconciled. */
export interface Note {
  readonly type: 'Normal' | 'Warning'
  /** CamelCase. */
  readonly reason: string
  readonly message: string
}

export interface Decision<Status> {
  readonly actions: readonly Action[]
  /** Without what acting adds (`operator/reconcile/conclude.ts`). */
  readonly status: Status
  readonly notes: readonly Note[]
  readonly blocked: readonly Blocked[]
  /** When to look again although nothing was seen to change; `undefined`: at the usual resync. */
  readonly requeueAfterMs: number | undefined
}
