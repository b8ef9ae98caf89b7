/**
 * What the data plane says of itself, asked live, a pod at a time; and what is concluded when it says nothing.
 *
 * An answer counts only when it comes from the very pod that was asked for (its uid): an address may have got
 * another owner. No answer is never a yes (OPR-1).
 */
import type { Pod } from './seen.ts'
import { uidOf } from './seen.ts'

export interface ShardEvidence {
  readonly id: string
  readonly isPrimary: boolean
  /** Version of the newest manifest that it has. */
  readonly manifestVersion: number
  readonly audit: 'audited' | 'unaudited' | 'diverged'
  readonly auditMessage: string
  /** ms for which it has been more than 10 s behind the log without a break; 0: it is not. */
  readonly lateForMs: number
}

export interface PodEvidence {
  /** uid of the pod that answered. */
  readonly instance: string
  readonly state: 'starting' | 'serving' | 'stuck' | 'draining'
  readonly reason: string
  readonly version: string
  readonly routingEpoch: number
  readonly accessVersion: number
  readonly settingsVersion: number
  /** Highest leader term that it obeyed. */
  readonly leaderTerm: number
  readonly shards: readonly ShardEvidence[]
}

/** By uid of the pod. A pod that is not in it did not answer, or another one did. */
export type Evidence = ReadonlyMap<string, PodEvidence>

export const evidenceOf = (evidence: Evidence, pod: Pod | undefined): PodEvidence | undefined =>
  pod === undefined ? undefined : evidence.get(uidOf(pod))
