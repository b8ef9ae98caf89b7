/** The replicas of a shard as they are now: wanted ones, those that are there, and what each of them says. */

import type { Shard } from '../../kube/kinds.ts'
import { labelNames, replicaName } from '../../render/names.ts'
import { evidenceOf, type PodEvidence } from '../evidence.ts'
import {
  type Claim,
  hasEnded,
  isDeleting,
  isFailing,
  nothingRuns,
  type Pod,
  readySinceMs,
  revisionOf,
} from '../seen.ts'
import type { ShardInput } from './input.ts'

/** As in `status.pods`; `Draining` is only on its way out of the map. */
export type ReplicaState = NonNullable<NonNullable<Shard['status']>['pods']>[number]['state']

export interface Replica {
  readonly ordinal: number
  readonly name: string
  readonly isWanted: boolean
  readonly claim: Claim | undefined
  readonly pod: Pod | undefined
  /** What it is to run: kept on its claim, so that a replica that dies during a roll returns on its own. */
  readonly revision: string
  readonly podRevision: string | undefined
  readonly readySinceMs: number | undefined
  readonly evidence: PodEvidence | undefined
  readonly state: ReplicaState
}

/** In the order of their ordinals. */
export function replicasOf(input: ShardInput): Replica[] {
  const { shard, pods, claims } = input
  const byOrdinal = <Object extends Pod | Claim>(objects: readonly Object[]) =>
    new Map(objects.map((object) => [Number(object.metadata.labels?.[labelNames.replica] ?? -1), object]))
  const [podAt, claimAt] = [byOrdinal(pods), byOrdinal(claims)]
  const wanted = Array.from({ length: shard.spec.replicas }, (_, ordinal) => ordinal)
  const ordinals = [...new Set([...wanted, ...podAt.keys(), ...claimAt.keys()])].filter((ordinal) => ordinal >= 0)
  return ordinals
    .sort((a, b) => a - b)
    .map((ordinal) => replicaAt(input, ordinal, { pod: podAt.get(ordinal), claim: claimAt.get(ordinal) }))
}

function replicaAt(
  { shard, evidence, now }: ShardInput,
  ordinal: number,
  { pod, claim }: { pod: Pod | undefined; claim: Claim | undefined },
): Replica {
  const said = evidenceOf(evidence, pod)
  return {
    ordinal,
    name: replicaName(shard.spec.clusterRef.name, shard.spec.id, ordinal),
    isWanted: ordinal < shard.spec.replicas,
    claim,
    pod,
    revision: (claim && revisionOf(claim)) ?? shard.spec.revision,
    podRevision: pod && revisionOf(pod),
    readySinceMs: pod && readySinceMs(pod),
    evidence: said,
    state: stateOf(pod, said, now),
  }
}

function stateOf(pod: Pod | undefined, said: PodEvidence | undefined, now: number): ReplicaState {
  if (pod === undefined || isDeleting(pod)) return 'Pending'
  if (hasEnded(pod) || isFailing(pod, now)) return 'Failed'
  if (said === undefined) return readySinceMs(pod) !== undefined ? 'Unknown' : 'Starting'
  if (said.shards[0]?.audit === 'diverged' && said.state !== 'serving') return 'Diverged'
  if (said.state === 'serving') return 'Serving'
  return said.state === 'starting' ? 'CatchingUp' : 'Failed'
}

/** It answers, as it says itself, and as its pod's readiness says too. */
export const serves = (replica: Replica) => replica.state === 'Serving' && replica.readySinceMs !== undefined

/** It may be running and may be answering: nobody knows that it does not. */
export function mayServe({ pod, evidence }: Replica): boolean {
  if (pod === undefined || nothingRuns(pod)) return false
  return evidence === undefined || evidence.state === 'serving'
}

export function auditOf({ evidence }: Replica) {
  return evidence?.shards[0]
}
