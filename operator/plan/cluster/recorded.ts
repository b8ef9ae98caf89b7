/**
 * The routing map, the settings and the access table as they should be written now, each with compare-and-swap
 * against what was read: two operators can't overwrite each other's.
 */
import { type AccessTable, parseAccessTable } from '../../../dataplane/access/table.ts'
import type { RoutingMap } from '../../../dataplane/routing/map.ts'
import type { Settings } from '../../../dataplane/settings/settings.ts'
import type { KubeObject } from '../../kube/object.ts'
import { resources } from '../../kube/resource.ts'
import { accessKey, accessSecret } from '../../render/access.ts'
import { annotationNames } from '../../render/names.ts'
import { routingConfigMap } from '../../render/routing.ts'
import type { ClusterView } from '../../render/view.ts'
import { type Action, remove } from '../action.ts'
import { uidOf } from '../seen.ts'
import { nextTable, wantedAccess } from './access-table.ts'
import type { Identity } from './identity.ts'
import type { ClusterInput } from './input.ts'
import { floors } from './pushes.ts'
import { firstMap, nextMap } from './routing-map.ts'
import { nextSettings } from './settings.ts'

export interface MapPlan {
  readonly map: RoutingMap
  readonly settings: Settings
  readonly actions: readonly Action[]
}

/** Needs the uids of the claims: the map is what says that these hold the data. */
export function planMap(
  input: ClusterInput,
  { identity, view, claims }: { identity: Identity; view: ClusterView; claims: { log: KubeObject; store: KubeObject } },
): MapPlan {
  const { own, inherited } = identity
  const floor = floors(input.evidence)
  const uids = { log: uidOf(claims.log), store: uidOf(claims.store) }
  const settings = nextSettings((own ?? inherited)?.settings, view.spec, floor.settingsVersion)
  if (own === undefined) {
    const map = inherited ? emptied(inherited.map) : firstMap(input.cluster, view.dataId, floor.routingEpoch)
    const object = routingConfigMap(view, { map, settings, claims: uids })
    return { map, settings, actions: [{ do: 'create', resource: resources.configMaps, object }] }
  }
  const isTakenOver = own.object.metadata.annotations?.[annotationNames.owner] !== view.uid
  const map = isTakenOver ? emptied(own.map) : nextMap(own.map, input.shards, input.pods)
  const left = input.routingMaps.find(
    (one) => one !== own.object && one.metadata.labels?.['anabranch.dev/data'] === view.dataId,
  )
  const forget = left === undefined ? [] : [remove(resources.configMaps, left)]
  if (map === own.map && settings === own.settings && !isTakenOver) return { map, settings, actions: forget }
  const object = routingConfigMap(view, { map, settings, claims: own.claimUids }, own.object.metadata.resourceVersion)
  return { map, settings, actions: [{ do: 'replace', resource: resources.configMaps, object }, ...forget] }
}

/** The replicas of the former cluster are gone; ranges, ids and everything that data depends on stay. */
function emptied(map: RoutingMap): RoutingMap {
  const shards = map.shards.map((line) => ({ ...line, primary: '', replicas: [] }))
  return { ...map, routingEpoch: map.routingEpoch + 1, shards }
}

export interface AccessPlan {
  readonly table: AccessTable
  readonly actions: readonly Action[]
}

export function planAccess(input: ClusterInput, view: ClusterView): AccessPlan {
  const { access, projects, secrets, evidence } = input
  const former = readAccess(access)
  const table = nextTable(former, wantedAccess(projects, secrets).projects, floors(evidence).accessVersion)
  if (table === former) return { table, actions: [] }
  const object = accessSecret(view, table, access?.metadata.resourceVersion)
  const verb = access === undefined ? 'create' : 'replace'
  return { table, actions: [{ do: verb, resource: resources.secrets, object }] }
}

/** `undefined` when it is not there, or somebody broke it: then it is written anew. */
export function readAccess(access: KubeObject | undefined): AccessTable | undefined {
  const data = (access?.data as Readonly<Record<string, string>> | undefined)?.[accessKey]
  if (data === undefined) return undefined
  try {
    return parseAccessTable(Buffer.from(data, 'base64').toString(), accessKey)
  } catch {
    return undefined
  }
}
