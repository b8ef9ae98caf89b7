/** All that the plan of a shard looks at. */
import type { CompactionPolicy, EventCluster, Shard } from '../../kube/kinds.ts'
import type { KubeObject, ObjectKey } from '../../kube/object.ts'
import { resources } from '../../kube/resource.ts'
import { identify, type Surroundings, volumesOf } from '../../plan/cluster/identity.ts'
import { viewOf } from '../../plan/cluster/view.ts'
import { policiesFor, selectorProblem } from '../../plan/policy/precedence.ts'
import { type Claim, hasEnded, isDeleting, type Pod, roleOf } from '../../plan/seen.ts'
import type { ShardInput } from '../../plan/shard/input.ts'
import { labelNames } from '../../render/names.ts'
import type { RevisionData } from '../../render/revisions.ts'
import type { Surrounding } from '../surrounding.ts'
import { gatherEvidence } from './evidence.ts'
import { isEnding, surroundingsOf } from './namespace.ts'

/** `undefined`: there is none. */
export async function gatherShard(world: Surrounding, key: ObjectKey): Promise<ShardInput | undefined> {
  const { reader, plane, clock } = world
  const shard = (await reader.get(resources.shards, key)) as Shard | undefined
  if (shard === undefined) return undefined
  const { namespace = '' } = shard.metadata
  const { name } = shard.spec.clusterRef
  const labels = { [labelNames.cluster]: name }
  const [cluster, pods, claims, revisions, policies] = await Promise.all([
    reader.get(resources.eventClusters, { namespace, name }) as Promise<EventCluster | undefined>,
    reader.list(resources.pods, { namespace, labels }) as Promise<readonly Pod[]>,
    reader.list(resources.persistentVolumeClaims, { namespace, labels }) as Promise<readonly Claim[]>,
    reader.list(resources.controllerRevisions, { namespace, labels }),
    reader.list(resources.compactionPolicies, { namespace }) as Promise<readonly CompactionPolicy[]>,
  ])
  const isOwn = ({ metadata }: KubeObject) => metadata.labels?.[labelNames.shard] === String(shard.spec.id)
  const own = pods.filter((pod) => roleOf(pod) === 'replica' && isOwn(pod))
  // An evicted pod stays listed, asks nobody and confirms nothing.
  const routers = pods.filter((pod) => roleOf(pod) === 'query' && !isDeleting(pod) && !hasEnded(pod))
  const log = pods.find((pod) => roleOf(pod) === 'log')
  const data = cluster ? dataOf(await surroundingsOf(reader, cluster)) : leftOf(claims)
  return {
    now: clock.now(),
    shard,
    cluster,
    ...{ view: data.view, map: data.map, dataVolumesUnsure: data.unsure },
    isNamespaceEnding: isDeleting(shard) && (await isEnding(reader, namespace)),
    revisions: new Map(revisions.map((one) => [one.metadata.name, one.data as RevisionData])),
    pods: own,
    claims: claims.filter(isOwn),
    ...{ routers, log },
    evidence: await gatherEvidence(plane, [...own, ...routers, ...(log ? [log] : [])]),
    policies: namesOf(policies, cluster, shard),
  }
}

function dataOf(surroundings: Surroundings) {
  const identified = identify(surroundings)
  if ('problem' in identified) return { view: undefined, map: undefined, unsure: identified.problem }
  const { identity } = identified
  const view = viewOf(surroundings.cluster, identity)
  return { view, map: identity.own?.map, unsure: volumesOf(surroundings, identity).unsure }
}

/** The cluster is gone without having taken its shards down: what counts is whether log and store are there. */
function leftOf(claims: readonly Claim[]) {
  const data = claims.filter((claim) => claim.metadata.labels?.[labelNames.data] !== undefined)
  const sound = data.filter((claim) => !isDeleting(claim) && claim.status?.phase !== 'Lost')
  const [log, store] = [
    sound.some((claim) => roleOf(claim) === 'log'),
    sound.some((claim) => roleOf(claim) === undefined),
  ]
  const unsure =
    log && store ? undefined : 'the EventCluster is gone, and the claims of its log and store are not there'
  return { view: undefined, map: undefined, unsure }
}

function namesOf(policies: readonly CompactionPolicy[], cluster: EventCluster | undefined, shard: Shard): string[] {
  if (cluster === undefined) return []
  const valid = policies.filter((policy) => selectorProblem(policy) === undefined)
  return policiesFor(valid, { cluster, shard }).map(({ metadata }) => metadata.name)
}
