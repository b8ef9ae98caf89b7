/**
 * Which revision each shard is to have now: a change reaches so many shards at a time as the spec allows, and the
 * next ones when those serve on it again; a shard that differs from its replicas stops it all.
 *
 * Order: shards, then the log, then query and ingest, each once the former is complete.
 */
import type { EventCluster, Shard } from '../../kube/kinds.ts'
import { annotationNames } from '../../render/names.ts'
import { type RevisionData, revisionData, revisionName } from '../../render/revisions.ts'

export interface Rollout {
  readonly wanted: string
  readonly data: RevisionData
  /** By id of the shard: its revision from now on. */
  readonly revisions: ReadonlyMap<number, string>
  readonly shardsUpdated: number
  readonly isComplete: boolean
}

export interface RolloutInput {
  readonly cluster: EventCluster
  readonly shards: readonly Shard[]
  readonly image: string
}

export function planRollout({ cluster, shards, image }: RolloutInput): Rollout {
  const data = revisionData(cluster.spec, image, cluster.metadata.annotations?.[annotationNames.restartedAt])
  const wanted = revisionName(cluster.metadata.name, data)
  const revisions = new Map(shards.map(({ spec }) => [spec.id, spec.revision]))
  const updated = shards.filter((shard) => isOn(shard, wanted))
  const underWay = shards.filter((shard) => shard.spec.revision === wanted && !isOn(shard, wanted))
  const waiting = shards.filter((shard) => shard.spec.revision !== wanted)
  // One that is down on a revision that nobody wants any more takes no room: it is down already.
  const failing = waiting.filter((shard) => !isServing(shard))
  const free = shards.some(hasDiverged) ? 0 : cluster.spec.upgrade.maxUnavailableShards - underWay.length
  const next = [...failing, ...waiting.filter((shard) => !failing.includes(shard))].slice(0, Math.max(0, free))
  for (const { spec } of next) revisions.set(spec.id, wanted)
  const isComplete = shards.length > 0 && updated.length === shards.length
  return { wanted, data, revisions, shardsUpdated: updated.length, isComplete }
}

/** Every replica runs it and serves. */
function isOn(shard: Shard, revision: string): boolean {
  const { status } = shard
  if (shard.spec.revision !== revision || status?.observedGeneration !== shard.metadata.generation) return false
  const pods = status?.pods ?? []
  const done = pods.filter((pod) => pod.revision === revision && pod.state === 'Serving')
  return done.length >= shard.spec.replicas
}

/** With all of its replicas. */
function isServing({ spec, status }: Shard): boolean {
  return (status?.pods ?? []).filter(({ state }) => state === 'Serving').length >= spec.replicas
}

function hasDiverged({ status }: Shard): boolean {
  return conditionOf(status, 'Consistent') === 'False'
}

function conditionOf(status: Shard['status'], type: string): string | undefined {
  return status?.conditions?.find((one) => one.type === type)?.status
}
