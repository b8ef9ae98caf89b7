/**
 * The fence between operators (OPR-1): a pod obeys the leader with the highest term that it has heard of.
 *
 * An operator that was stopped for longer than its lease and goes on has a lower term than its successor:
 * once that one has spoken to the pod, the former is refused, however late its command arrives.
 */
import { unavailable } from '../../common/errors/errors.ts'

export class LeaderTerm {
  #highest = 0

  /** 0: no operator has commanded yet. */
  get highest(): number {
    return this.#highest
  }

  /** Throws `UnavailableError` `LEADER_STALE`. `term` 0: the caller is no operator (another replica, a person). */
  admit(term: number, command: string): void {
    if (term === 0) return
    if (term < this.#highest) {
      unavailable('LEADER_STALE', `${command}: got leader term ${term}, want ${this.#highest} or higher`)
    }
    this.#highest = term
  }
}
