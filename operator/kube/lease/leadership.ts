/**
 * The time of one leader: its term, and the end of the time in which it may act.
 *
 * The end is on the monotonic clock of this process and counts from *before* the renewal was sent, so that it lies before the moment at which any
 * other process can take over, whatever the wall clocks say. It is asked at each write and command, not told by a timer: a process that was
 * stopped and continued finds out before it does anything.
 */
import { unavailable } from '../../../common/errors/errors.ts'
import type { Clock } from '../../../dataplane/core/ports.ts'

export class Leadership {
  /** Goes into every command to the data plane. */
  readonly term: number
  readonly #clock: Clock
  readonly #over = new AbortController()
  #until: number

  constructor(clock: Clock, term: number, until: number) {
    this.#clock = clock
    this.term = term
    this.#until = until
  }

  /** Aborts when the leadership ends. */
  get signal(): AbortSignal {
    return this.#over.signal
  }

  get holds(): boolean {
    if (!this.#over.signal.aborted && this.#clock.monotonic() >= this.#until) this.end('its time ran out')
    return !this.#over.signal.aborted
  }

  /** Throws `UnavailableError` `LEADER_LOST` when this process may no longer act. */
  readonly check = (): void => {
    if (!this.holds) unavailable('LEADER_LOST', `term ${this.term}: ${this.#over.signal.reason.message}`)
  }

  /** `until` by the monotonic clock. What has ended stays so. */
  extend(until: number): void {
    if (this.holds) this.#until = Math.max(this.#until, until)
  }

  end(why: string): void {
    this.#over.abort(new Error(why))
  }
}
