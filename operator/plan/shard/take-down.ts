/**
 * Takes a shard down in order: pods, caches, then the finalizer. Only when its cluster is going, or is certainly
 * gone: a shard that people delete goes on serving as long as the map names it.
 */
import { hasFinalizer } from '../../kube/finalizer.ts'
import { resources } from '../../kube/resource.ts'
import { finalizer } from '../../render/names.ts'
import { type Action, remove } from '../action.ts'
import { isDeleting } from '../seen.ts'
import type { Blocked } from '../veto.ts'
import type { ShardInput } from './input.ts'
import type { Replica } from './replicas.ts'
import { replicaVeto } from './vetoes.ts'

/** True when nobody wants the shard any more. */
export function mayGo({ cluster, isNamespaceEnding }: ShardInput): boolean {
  return isNamespaceEnding || cluster === undefined || isDeleting(cluster)
}

export function takeDown(
  input: ShardInput,
  replicas: readonly Replica[],
): { actions: readonly Action[]; blocked: readonly Blocked[] } {
  const { shard, isNamespaceEnding } = input
  const isHeld = hasFinalizer(shard, finalizer)
  const release: Action[] = isHeld
    ? [{ do: 'finalizer', change: 'remove', resource: resources.shards, object: shard }]
    : []
  // The namespace takes everything; to hold on to the shard would only keep it from ending.
  if (isNamespaceEnding) return { actions: release, blocked: [] }
  const running = replicas.filter(({ pod }) => pod !== undefined)
  const leaving = running.length > 0 ? running : replicas.filter(({ claim }) => claim !== undefined)
  if (leaving.length === 0) return { actions: release, blocked: [] }
  const blocked: Blocked[] = []
  const actions: Action[] = []
  for (const victim of leaving) {
    const object = victim.pod ?? victim.claim!
    if (isDeleting(object)) continue
    const veto = wantsData(input) ? replicaVeto(input, 'TakeDown', { replicas, victim }) : undefined
    if (veto !== undefined) blocked.push({ act: 'TakeDown', object: victim.name, ...veto })
    else actions.push(remove(victim.pod ? resources.pods : resources.persistentVolumeClaims, object, 'TakeDown'))
  }
  return { actions, blocked }
}

/** Its data is to be kept, as far as anybody has said. */
function wantsData({ cluster }: ShardInput): boolean {
  if (cluster === undefined) return true
  const { policy, confirm } = cluster.spec.deletion
  return !(policy === 'Delete' && confirm === cluster.metadata.name)
}
