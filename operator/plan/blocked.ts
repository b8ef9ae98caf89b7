/** Acts that a veto keeps from happening, as a status shows them: since when, at most ten. */
import type { Blocked as Shown } from '../../crds/fields/condition.ts'
import { secondsTime } from '../kube/time.ts'
import type { Blocked } from './veto.ts'

export type { Blocked } from './veto.ts'

const shownMax = 10
/** A veto that holds for so long needs people. */
const patienceMs = 60_000
/** Vetoes that no waiting lifts. */
const lasting = new Set(['DataVolumesUnsure', 'ReplicaDivergence'])
/** People have said so themselves. */
const wanted = new Set(['HeldByAnnotation'])

/** The first veto that people should look at; others may pass by themselves. */
export function stallingOf(
  blocked: readonly Blocked[],
  former: readonly Shown[] | undefined,
  now: number,
): Shown | undefined {
  return blockedSince(blocked, former, now).find(
    ({ veto, since }) => !wanted.has(veto) && (lasting.has(veto) || now - Date.parse(since) >= patienceMs),
  )
}

export function blockedSince(blocked: readonly Blocked[], former: readonly Shown[] | undefined, now: number): Shown[] {
  return blocked.slice(0, shownMax).map((one) => {
    const before = former?.find(
      ({ act, object, veto }) => act === one.act && object === one.object && veto === one.veto,
    )
    return { ...one, since: before?.since ?? secondsTime(now) }
  })
}
