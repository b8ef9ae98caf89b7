/**
 * The routing map that should be in force: ranges as they were made, replicas that have an address and are not
 * about to leave, the primary that each shard names. A change raises the epoch, nothing else does.
 */
import type { RoutingMap, RoutingReplica, RoutingShard } from '../../../dataplane/routing/map.ts'
import type { EventCluster, Shard } from '../../kube/kinds.ts'
import { labelNames } from '../../render/names.ts'
import { equalRanges } from '../../render/shards.ts'
import { addressOf, isDeleting, type Pod, roleOf } from '../seen.ts'

/** The first map of new data, before there is any replica; its epoch is above `floor`. */
export function firstMap({ spec }: EventCluster, dataId: string, floor: number): RoutingMap {
  return {
    routingEpoch: floor + 1,
    cluster: dataId,
    generation: 1,
    partitions: spec.log.partitions,
    shards: equalRanges(spec.sharding.count).map(({ id, start, end }) => ({
      ...{ id: String(id), start, end, epoch: floor + 1, primary: '', replicas: [] },
    })),
  }
}

/** The same map when nothing changed. */
export function nextMap(map: RoutingMap, shards: readonly Shard[], pods: readonly Pod[]): RoutingMap {
  const replicas = podsByShard(pods)
  const lines = map.shards.map((line) => {
    const shard = shards.find(({ spec }) => String(spec.id) === line.id)
    return nextLine(line, shard, replicas.get(line.id) ?? [])
  })
  if (lines.every((line, index) => line === map.shards[index])) return map
  return { ...map, routingEpoch: map.routingEpoch + 1, shards: lines }
}

function podsByShard(pods: readonly Pod[]): Map<string, Pod[]> {
  const found = new Map<string, Pod[]>()
  for (const pod of pods) {
    if (roleOf(pod) !== 'replica') continue
    const id = pod.metadata.labels?.[labelNames.shard] ?? ''
    found.set(id, [...(found.get(id) ?? []), pod])
  }
  return found
}

function nextLine(line: RoutingShard, shard: Shard | undefined, pods: readonly Pod[]): RoutingShard {
  // Not seen is not gone: what is in force stays.
  if (shard === undefined) return line
  const { status } = shard
  const leaving = new Set(status?.pods?.filter(({ state }) => state === 'Draining').map(({ name }) => name))
  const replicas = line.replicas
    .map(({ name }) => name)
    .concat(pods.map(({ metadata }) => metadata.name))
    .filter((name, index, all) => all.indexOf(name) === index)
    .map((name) => replicaLine(line, { name, pod: pods.find(({ metadata }) => metadata.name === name) }))
    .filter((one) => one !== undefined && isWanted(one.name, shard, leaving))
    .sort((a, b) => (a!.name < b!.name ? -1 : 1)) as RoutingReplica[]
  const primary = [status?.primary, line.primary].find((name) => replicas.some((one) => one.name === name)) ?? ''
  const next = { ...line, replicas, primary }
  return JSON.stringify(next) === JSON.stringify(line) ? line : next
}

/** A replica whose pod is between two lives keeps its line: who asks it finds out and asks another. */
function replicaLine(
  line: RoutingShard,
  { name, pod }: { name: string; pod: Pod | undefined },
): RoutingReplica | undefined {
  const known = line.replicas.find((one) => one.name === name)
  const address = pod && addressOf(pod)
  return address === undefined || isDeleting(pod!) ? known : { name, address }
}

/** Its ordinal is below the wanted number, or it has not been told yet that it may leave. */
function isWanted(name: string, shard: Shard, leaving: ReadonlySet<string>): boolean {
  const ordinal = Number(name.slice(name.lastIndexOf('-') + 1))
  if (ordinal < shard.spec.replicas) return true
  return !leaving.has(name) && (shard.status?.pods?.some((pod) => pod.name === name) ?? true)
}
