/**
 * Brings replicas to the shard's revision, one at a time: the claim is given the revision first, then the pod is
 * stopped, and made again from the claim. Whoever looks in between, after a crash or a change of mind, sees from
 * claim and pod where it stands.
 *
 * | seen | then |
 * |---|---|
 * | a pod has the shard's revision, its claim does not | the claim gets it: the mind was changed in time |
 * | a replica fails on a revision that the shard no longer wants | the claim gets the shard's: it is down anyway |
 * | a pod has another revision than its claim | the pod is stopped, unless a veto objects |
 * | all serve, a claim has another revision | the last ordinal of those, the primary at the end, gets the shard's |
 */
import { resources } from '../../kube/resource.ts'
import type { ClusterView } from '../../render/view.ts'
import { type Action, remove } from '../action.ts'
import { isDeleting, isFailing } from '../seen.ts'
import type { Blocked } from '../veto.ts'
import type { ShardInput } from './input.ts'
import { claimOf } from './make.ts'
import { type Replica, serves } from './replicas.ts'
import { replicaVeto } from './vetoes.ts'

export interface Roll {
  readonly actions: readonly Action[]
  readonly blocked: readonly Blocked[]
  /** A replica is about to be restarted: somebody else should be primary. */
  readonly restarting: Replica | undefined
}

export function rollReplicas(input: ShardInput, view: ClusterView, replicas: readonly Replica[]): Roll {
  const { shard } = input
  const wanted = replicas.filter(({ isWanted, claim }) => isWanted && claim !== undefined && !isDeleting(claim))
  const actions = wanted
    .filter((one) => one.revision !== shard.spec.revision)
    .filter((one) => one.podRevision === shard.spec.revision || fails(one, input.now))
    .map((one) => claimOf(input, view, one, shard.spec.revision))
  if (actions.length > 0) return { actions, blocked: [], restarting: undefined }
  const stale = wanted.find(({ pod, podRevision, revision }) => pod !== undefined && podRevision !== revision)
  if (stale !== undefined) return restart(input, replicas, stale)
  if (!wanted.every(serves)) return { actions: [], blocked: [], restarting: undefined }
  const next = turnOrder(input, wanted).find(({ revision }) => revision !== shard.spec.revision)
  if (next === undefined) return { actions: [], blocked: [], restarting: undefined }
  const veto = replicaVeto(input, 'RestartReplica', { replicas, victim: next })
  if (veto !== undefined) return blockedBy(next, veto)
  return { actions: [claimOf(input, view, next, shard.spec.revision)], blocked: [], restarting: next }
}

function restart(input: ShardInput, replicas: readonly Replica[], victim: Replica): Roll {
  const pod = victim.pod!
  if (isDeleting(pod)) return { actions: [], blocked: [], restarting: victim }
  const veto = replicaVeto(input, 'RestartReplica', { replicas, victim })
  if (veto !== undefined) return blockedBy(victim, veto)
  // The hand-over is in the map, and the new primary has it, before the former stops.
  if (isPrimaryOf(input, victim) && replicas.some((one) => one !== victim && one.isWanted && serves(one))) {
    return { actions: [], blocked: [], restarting: victim }
  }
  return { actions: [remove(resources.pods, pod, 'RestartReplica')], blocked: [], restarting: victim }
}

function blockedBy(victim: Replica, veto: { veto: string; message: string }): Roll {
  return { actions: [], blocked: [{ act: 'RestartReplica', object: victim.name, ...veto }], restarting: undefined }
}

/** It will not serve as it is. One that only started to is given its time, on its own revision. */
function fails({ pod, state }: Replica, now: number): boolean {
  return pod !== undefined && !isDeleting(pod) && (state === 'Failed' || isFailing(pod, now))
}

function isPrimaryOf({ shard, map }: ShardInput, { name }: Replica): boolean {
  return map?.shards.find(({ id }) => id === String(shard.spec.id))?.primary === name
}

/** Highest ordinal first, the primary last. */
function turnOrder(input: ShardInput, replicas: readonly Replica[]): Replica[] {
  const rank = (one: Replica) => (isPrimaryOf(input, one) ? 1 : 0)
  return [...replicas].sort((a, b) => rank(a) - rank(b) || b.ordinal - a.ordinal)
}
