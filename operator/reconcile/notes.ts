/** What is worth an Event: a condition that changed, an act that a veto holds back. Pure. */
import type { Blocked, Condition } from '../../crds/fields/condition.ts'
import type { KubeObject } from '../kube/object.ts'
import type { Note } from '../plan/decision.ts'

interface Told {
  readonly conditions?: readonly Condition[] | undefined
  readonly blocked?: readonly Blocked[] | undefined
}

/** Conditions whose status is bad news when it is True, or when it is False. */
const badWhen: Readonly<Record<string, 'True' | 'False'>> = { Stalled: 'True', Ready: 'False', Consistent: 'False' }
/** The others move with every scale and roll. */
const told = ['Ready', 'Stalled', 'Consistent', 'Updated', 'Paused', 'Held', 'Bound']

export function notesOf(object: KubeObject, status: Told): Note[] {
  const former = (object.status ?? {}) as Told
  const changed = (status.conditions ?? []).filter(({ type, status, reason }) => {
    const before = former.conditions?.find((one) => one.type === type)
    return told.includes(type) && (before?.status !== status || before.reason !== reason) && isNews(before, status)
  })
  const blocked = (status.blocked ?? []).filter(
    (one) =>
      !former.blocked?.some(({ act, object, veto }) => act === one.act && object === one.object && veto === one.veto),
  )
  return [
    ...changed.map(
      ({ type, status, reason, message }): Note => ({
        type: badWhen[type] === status && reason !== 'Creating' ? 'Warning' : 'Normal',
        reason,
        message: message === '' ? `${type} is ${status}` : message,
      }),
    ),
    ...blocked.map(
      ({ act, object, veto, message }): Note => ({
        ...{ type: 'Warning', reason: veto, message: `${act} of ${object} is held back: ${message}` },
      }),
    ),
  ]
}

/** The first look at an object tells only what is not as it should be. */
function isNews(before: Condition | undefined, status: Condition['status']): boolean {
  return before !== undefined || status === 'True'
}
