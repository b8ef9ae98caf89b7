/**
 * Takes away replicas above the wanted number, the highest ordinal first: out of the map, until every query pod
 * confirms a map without it; then its pod; then its cache. Raising the number again before the pod is gone takes
 * all of it back.
 */
import { resources } from '../../kube/resource.ts'
import { type Action, remove } from '../action.ts'
import { evidenceOf } from '../evidence.ts'
import { isDeleting } from '../seen.ts'
import type { Blocked } from '../veto.ts'
import type { ShardInput } from './input.ts'
import type { Replica } from './replicas.ts'
import { type ReplicaAct, replicaVeto } from './vetoes.ts'

export interface Shrink {
  readonly actions: readonly Action[]
  readonly blocked: readonly Blocked[]
  /** May leave the map. */
  readonly leaving: Replica | undefined
}

const nothing: Shrink = { actions: [], blocked: [], leaving: undefined }

export function shrinkReplicas(input: ShardInput, replicas: readonly Replica[]): Shrink {
  const victim = replicas.findLast(({ isWanted }) => !isWanted)
  if (victim === undefined) return nothing
  const { pod, claim } = victim
  if (pod === undefined) return claim === undefined ? nothing : act(input, { replicas, victim }, 'RemoveCache', claim)
  if (isDeleting(pod)) return { ...nothing, leaving: victim }
  const veto = replicaVeto(input, 'RemoveReplica', { replicas, victim })
  if (veto !== undefined) return { ...nothing, blocked: [{ act: 'RemoveReplica', object: victim.name, ...veto }] }
  if (!isOutOfMap(input, victim)) return { ...nothing, leaving: victim }
  return { ...nothing, actions: [remove(resources.pods, pod, 'RemoveReplica')], leaving: victim }
}

function act(
  input: ShardInput,
  of: { replicas: readonly Replica[]; victim: Replica },
  name: ReplicaAct,
  claim: NonNullable<Replica['claim']>,
): Shrink {
  if (isDeleting(claim)) return nothing
  const veto = replicaVeto(input, name, of)
  if (veto !== undefined) return { ...nothing, blocked: [{ act: name, object: of.victim.name, ...veto }] }
  return { ...nothing, actions: [remove(resources.persistentVolumeClaims, claim, name)] }
}

/** The map in force does not name it, and every query pod that there is has said that it has such a map. */
function isOutOfMap({ map, shard, routers, evidence }: ShardInput, { name }: Replica): boolean {
  if (map === undefined) return false
  const line = map.shards.find(({ id }) => id === String(shard.spec.id))
  if (line === undefined || line.replicas.some((replica) => replica.name === name)) return false
  return routers.every((router) => (evidenceOf(evidence, router)?.routingEpoch ?? 0) >= map.routingEpoch)
}
