/**
 * Makes what is missing of a shard's replicas: claim, then pod, in the order of their ordinals. A replica that is
 * new waits until those before it serve; one that was there before returns at once, on its own revision.
 */
import { resources } from '../../kube/resource.ts'
import { type ReplicaRef, replicaClaim } from '../../render/claims.ts'
import { replicaPod } from '../../render/pods/replica.ts'
import { atRevision } from '../../render/revisions.ts'
import type { ClusterView } from '../../render/view.ts'
import { type Action, remove } from '../action.ts'
import { hasEnded, isDeleting, uidOf } from '../seen.ts'
import type { ShardInput } from './input.ts'
import { type Replica, serves } from './replicas.ts'

export function makeReplicas(input: ShardInput, view: ClusterView, replicas: readonly Replica[]): Action[] {
  const actions: Action[] = []
  for (const replica of replicas) {
    if (!replica.isWanted) continue
    const isNew = replica.claim === undefined && replica.pod === undefined
    const before = replicas.filter(({ ordinal }) => ordinal < replica.ordinal)
    if (isNew && !before.every(serves)) break
    actions.push(...makeReplica(input, view, replica))
  }
  return actions
}

function makeReplica(input: ShardInput, view: ClusterView, replica: Replica): Action[] {
  const { claim, pod } = replica
  const { shard } = input
  // A claim that is being deleted, or without its volume, is left to people: see the condition.
  if (claim !== undefined && (isDeleting(claim) || claim.status?.phase === 'Lost')) return []
  const actions: Action[] = [claimOf(input, view, replica, replica.revision)]
  if (pod !== undefined) {
    // An ended pod holds nothing and keeps its name from the next one.
    if (hasEnded(pod) && !isDeleting(pod)) actions.push(remove(resources.pods, pod))
    return actions
  }
  const data = input.revisions.get(replica.revision)
  // Its own revision is no longer kept: it comes back on the shard's.
  if (data === undefined)
    return input.revisions.has(shard.spec.revision) ? [claimOf(input, view, replica, shard.spec.revision)] : []
  const ref = { ...refOf(input, replica, replica.revision), image: data.image }
  return [...actions, { do: 'create', resource: resources.pods, object: replicaPod(atRevision(view, data), ref) }]
}

/** The claim with a revision on it; nothing is sent when it says so already. */
export function claimOf(input: ShardInput, view: ClusterView, replica: Replica, revision: string): Action {
  const object = replicaClaim(view, refOf(input, replica, revision))
  return { do: 'apply', resource: resources.persistentVolumeClaims, object }
}

function refOf({ shard }: ShardInput, { ordinal }: Replica, revision: string): ReplicaRef {
  const { name } = shard.metadata
  return { shard: { name, uid: uidOf(shard), id: shard.spec.id }, replica: ordinal, revision }
}
