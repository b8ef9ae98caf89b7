/** What the status of a cluster says: states, counts and names; numbers that move are metrics (OPR-2). */
import type { EventClusterStatus } from '../../../crds/kinds/event-cluster-status.ts'
import type { RoutingMap } from '../../../dataplane/routing/map.ts'
import { routingName, selectorOf } from '../../render/names.ts'
import { endpointsOf } from '../../render/services.ts'
import type { ClusterView } from '../../render/view.ts'
import { blockedSince } from '../blocked.ts'
import { conditionsFrom } from '../conditions.ts'
import { hasEnded, isDeleting, isReady, type Pod, roleOf } from '../seen.ts'
import type { Blocked } from '../veto.ts'
import { clusterConditions, isTrueOf, wasComplete } from './conditions.ts'
import type { Identity } from './identity.ts'
import type { ClusterInput } from './input.ts'
import { confirmations } from './pushes.ts'
import type { Rollout } from './rollout.ts'

/** What the steps of the plan found; those that were not reached are absent. */
export interface ClusterFindings {
  readonly problem?: string
  readonly identity?: Identity
  readonly view?: ClusterView
  readonly map?: RoutingMap
  readonly volumesUnsure?: string | undefined
  readonly rollout?: Rollout
  /** Log, query and ingest have the wanted revision too. */
  readonly isUpdated?: boolean
  /** While it is deleted: what it waits for. */
  readonly waitsFor?: string
  readonly blocked: readonly Blocked[]
}

type Phase = NonNullable<EventClusterStatus['phase']>

export function clusterStatus(input: ClusterInput, findings: ClusterFindings): EventClusterStatus {
  const { cluster, operator, shards, pods, now } = input
  const { view, map, rollout, identity } = findings
  const former = cluster.status
  const generation = cluster.metadata.generation ?? 0
  const conditions = conditionsFrom(former?.conditions, clusterConditions(input, findings), { generation, nowMs: now })
  const counts = countsOf(input)
  const { shard, ingest, query } = cluster.spec
  return {
    observedGeneration: generation,
    phase: phaseOf(input, conditions),
    summary: {
      shards: `${counts.shards.ready}/${counts.shards.wanted}`,
      replicas: `${counts.shards.readyReplicas}/${counts.shards.wanted * shard.replicas}`,
      ingest: `${counts.ingest.readyReplicas}/${ingest.replicas}`,
      query: `${counts.query.readyReplicas}/${query.replicas}`,
    },
    versions: { operator: operator.version, image: rollout?.data.image ?? cluster.spec.image ?? operator.image },
    ...(view && { endpoints: endpointsOf(view) }),
    ...(map && identity?.own && { routing: routingOf(input, map) }),
    shards: counts.shards,
    attention: attentionOf(input),
    ingest: counts.ingest,
    query: { ...counts.query, selector: selectorText(cluster.metadata.name) },
    ...revisionOf(input, findings, conditions),
    ...(identity && { data: { id: identity.dataId, origin: identity.origin } }),
    blocked: blockedSince([...findings.blocked, ...shardsBlocked(shards)], former?.blocked, now),
    conditions,
  }
  function routingOf({ evidence }: ClusterInput, { routingEpoch }: RoutingMap) {
    return { configMap: routingName(cluster.metadata.name), routingEpoch, ...confirmations(pods, evidence, map!) }
  }
}

/** What the vetoes of a shard hold back shows on the cluster too. */
function shardsBlocked(shards: ClusterInput['shards']): Blocked[] {
  return shards.flatMap(({ status }) => (status?.blocked ?? []).map(({ since: _since, ...blocked }) => blocked))
}

function countsOf({ cluster, shards, pods }: ClusterInput) {
  const replicas = shards.flatMap(({ status }) => status?.pods ?? [])
  const role = (wanted: string) => {
    const found = pods.filter((pod: Pod) => roleOf(pod) === wanted && !isDeleting(pod) && !hasEnded(pod))
    return { replicas: found.length, readyReplicas: found.filter(isReady).length }
  }
  return {
    shards: {
      wanted: cluster.spec.sharding.count,
      ready: shards.filter((shard) => isTrueOf(shard, 'Ready')).length,
      replicas: pods.filter((pod) => roleOf(pod) === 'replica').length,
      readyReplicas: replicas.filter(({ state }) => state === 'Serving').length,
    },
    ingest: role('ingest'),
    query: role('query'),
  }
}

function attentionOf({ shards }: ClusterInput): NonNullable<EventClusterStatus['attention']> {
  return shards
    .flatMap(({ metadata, status }) => {
      const found = (status?.conditions ?? []).find(
        ({ type, status }) =>
          (type === 'Stalled' && status === 'True') ||
          (type === 'Ready' && status === 'False') ||
          (type === 'Consistent' && status === 'False'),
      )
      return found === undefined ? [] : [{ shard: metadata.name, reason: found.reason, message: found.message }]
    })
    .slice(0, 10)
}

type Conditions = NonNullable<EventClusterStatus['conditions']>

const find = (conditions: Conditions, type: string) => conditions.find((one) => one.type === type)

function revisionOf(
  { cluster }: ClusterInput,
  { rollout, isUpdated }: ClusterFindings,
  conditions: Conditions,
): Pick<EventClusterStatus, 'revision'> {
  const former = cluster.status?.revision
  if (rollout === undefined) return former === undefined ? {} : { revision: former }
  // The first one counts when everything is there: until then the cluster is being created.
  const isThere = wasComplete(cluster) || find(conditions, 'Reconciling')?.status === 'False'
  const current = isUpdated && isThere ? rollout.wanted : former?.current
  return {
    revision: {
      ...(current !== undefined && { current }),
      wanted: rollout.wanted,
      shardsUpdated: rollout.shardsUpdated,
    },
  }
}

function phaseOf({ cluster }: ClusterInput, conditions: Conditions): Phase {
  const is = (type: string) => find(conditions, type)
  if (isDeleting(cluster)) return 'Deleting'
  if (is('Stalled')?.status === 'True') return 'Stalled'
  if (cluster.spec.paused) return 'Paused'
  const [ready, reconciling] = [is('Ready'), is('Reconciling')]
  if (ready?.status !== 'True')
    return ready?.reason === 'Creating' || ready?.reason === 'NotObserved' ? 'Creating' : 'Degraded'
  if (reconciling?.status === 'True' && reconciling.reason === 'Creating') return 'Creating'
  if (is('Redundant')?.reason === 'ReplicaNotReady' && is('Updated')?.status === 'True') return 'Degraded'
  return reconciling?.status === 'True' ? 'Updating' : 'Ready'
}

function selectorText(cluster: string): string {
  return Object.entries(selectorOf(cluster, 'query'))
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
}
