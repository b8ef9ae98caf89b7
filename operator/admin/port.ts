/**
 * The door to the data plane: what a pod says of itself, and the commands that it takes.
 *
 * The real one speaks gRPC (`remote.ts`); tests and the simulator give their own. Every command carries the
 * leader's term. Does not: conclude anything from an answer; plans do.
 */
import type { Push } from '../plan/action.ts'
import type { PodEvidence } from '../plan/evidence.ts'

export interface PodAt {
  readonly name: string
  readonly uid: string
  /** `host:port` of its gRPC. */
  readonly address: string
}

export interface DataPlane {
  /** `undefined`: no answer in time, or another pod's. Never rejects. */
  status(pod: PodAt): Promise<PodEvidence | undefined>
  /** Throws `UnavailableError` (`LEADER_STALE` among others) and `UserError`. */
  push(push: Push, leaderTerm: number): Promise<void>
}
