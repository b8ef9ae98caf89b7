/**
 * Conditions of a status from the decisions of a plan: when a status last changed, for which generation, how long a message may be.
 *
 * Pure, and quiet: the same decisions give the same list, byte for byte, so that nothing is written when nothing changed (OPR-2).
 * Ready, Reconciling and Stalled mean what kstatus takes them to mean, so that Flux and Helm wait for the right thing.
 */
import { type ConditionStatus, meaningOf } from '../../crds/conditions.ts'
import { type Condition, messageMax } from '../../crds/fields/condition.ts'
import { secondsTime } from '../kube/time.ts'

export interface AnyDecision {
  readonly status: ConditionStatus
  readonly reason: string
  readonly message: string
}

export interface ConditionContext {
  /** `metadata.generation` of the spec that was decided on. */
  readonly generation: number
  readonly nowMs: number
}

/**
 * The conditions to write, in the order of `decisions`; a decision without a message says what its reason means. `former` are those in the status now; a condition whose status stays keeps
 * its time, also when reason or message change.
 *
 * kstatus takes the first of Reconciling and Stalled that is True, by their order in the list, which server-side apply does not
 * promise. So they are never both True: what is stalled does not move.
 */
export function conditionsFrom(
  former: readonly Condition[] | undefined,
  decisions: Readonly<Record<string, AnyDecision>>,
  { generation, nowMs }: ConditionContext,
): Condition[] {
  const now = secondsTime(nowMs)
  return Object.entries(unambiguous(decisions)).map(([type, { status, reason, message }]) => {
    const before = former?.find((condition) => condition.type === type)
    return {
      type,
      status,
      reason,
      message: bounded(message === '' ? meaningOf(type, reason) : message),
      observedGeneration: generation,
      lastTransitionTime: before?.status === status ? before.lastTransitionTime : now,
    }
  })
}

/** Whether the condition was set for this generation and is True: what a plan may rely on of another object's status. */
export function isTrue(
  object: {
    readonly metadata: { readonly generation?: number }
    readonly status?: { readonly conditions?: readonly Condition[] }
  },
  type: string,
): boolean {
  const condition = object.status?.conditions?.find((one) => one.type === type)
  return condition?.status === 'True' && condition.observedGeneration === object.metadata.generation
}

function unambiguous(decisions: Readonly<Record<string, AnyDecision>>): Readonly<Record<string, AnyDecision>> {
  const { Stalled: stalled, Reconciling: reconciling } = decisions
  if (stalled?.status !== 'True' || reconciling?.status !== 'True') return decisions
  return { ...decisions, Reconciling: { status: 'False', reason: 'Stalled', message: stalled.message } }
}

/** Cut by code points, so that no character is halved. */
function bounded(message: string): string {
  const points = [...message]
  return points.length <= messageMax ? message : `${points.slice(0, messageMax - 1).join('')}…`
}
