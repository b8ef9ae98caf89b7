/**
 * What running pods have not confirmed yet and are sent: the routing map, the access table, the settings. The
 * mounted copies are start values and lag by up to a minute.
 */
import type { AccessTable } from '../../../dataplane/access/table.ts'
import { formatRoutingMap, type RoutingMap } from '../../../dataplane/routing/map.ts'
import type { Settings } from '../../../dataplane/settings/settings.ts'
import type { Push } from '../action.ts'
import { type Evidence, evidenceOf, type PodEvidence } from '../evidence.ts'
import { addressOf, hasEnded, isDeleting, type Pod, roleOf, uidOf } from '../seen.ts'

export interface InForce {
  readonly map: RoutingMap
  readonly access: AccessTable
  readonly settings: Settings
}

export interface Confirmations {
  readonly pods: number
  readonly podsConfirmed: number
}

/** Pods that answer and have something older. One that does not answer reads the mounted copy when it starts. */
export function planPushes(pods: readonly Pod[], evidence: Evidence, inForce: InForce): Push[] {
  return pods.flatMap((pod) => {
    const said = evidenceOf(evidence, pod)
    const address = addressOf(pod)
    if (said === undefined || address === undefined || isDeleting(pod)) return []
    const to = { name: pod.metadata.name, uid: uidOf(pod), address }
    return stale(roleOf(pod), said, inForce).map(({ what, text }): Push => ({ do: 'push', what, pod: to, text }))
  })
}

function stale(role: string | undefined, said: PodEvidence, { map, access, settings }: InForce) {
  const pushes: Pick<Push, 'what' | 'text'>[] = []
  if (routes(role) && said.routingEpoch < map.routingEpoch) {
    pushes.push({ what: 'routing map', text: formatRoutingMap(map) })
  }
  if (admits(role) && said.accessVersion < access.version) {
    pushes.push({ what: 'access table', text: JSON.stringify(access) })
  }
  if (said.settingsVersion < settings.version) pushes.push({ what: 'settings', text: JSON.stringify(settings) })
  return pushes
}

const routes = (role: string | undefined) => role === 'query' || role === 'replica'
const admits = (role: string | undefined) => role === 'query' || role === 'ingest'

/** Of the pods that route by the map, how many have said that they use it. */
export function confirmations(pods: readonly Pod[], evidence: Evidence, map: RoutingMap): Confirmations {
  const routing = pods.filter((pod) => routes(roleOf(pod)) && !isDeleting(pod) && !hasEnded(pod))
  const confirmed = routing.filter((pod) => (evidenceOf(evidence, pod)?.routingEpoch ?? 0) >= map.routingEpoch)
  return { pods: routing.length, podsConfirmed: confirmed.length }
}

/** The highest that any pod has: what was lost and is written anew must be above it, or they would not take it. */
export function floors(evidence: Evidence) {
  const all = [...evidence.values()]
  const highest = (of: (said: PodEvidence) => number) => Math.max(0, ...all.map(of))
  return {
    routingEpoch: highest(({ routingEpoch }) => routingEpoch),
    accessVersion: highest(({ accessVersion }) => accessVersion),
    settingsVersion: highest(({ settingsVersion }) => settingsVersion),
  }
}
