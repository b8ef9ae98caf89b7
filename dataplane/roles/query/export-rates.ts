/**
 * How often a project may ask for the raw export, as the reference system has it: 60 an hour, 3 a second.
 *
 * Counted by query pod; one project's count is none of another's (QRY-2).
 */
import { UserError } from '../../../common/errors/errors.ts'
import type { Clock } from '../../core/ports.ts'

const windows = [
  { ms: 3_600_000, most: 60 },
  { ms: 1_000, most: 3 },
] as const

export class ExportRates {
  readonly #clock: Clock
  /** Monotonic ms of the requests of the last hour, by project, oldest first. */
  readonly #asked = new Map<string, number[]>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Counts a request. Throws `UserError` `RATE_LIMITED` (429), and then does not count it. */
  take(project: string): void {
    const now = this.#clock.monotonic()
    const asked = (this.#asked.get(project) ?? []).filter((at) => at > now - windows[0].ms)
    this.#asked.set(project, asked)
    for (const { ms, most } of windows) {
      const first = asked.at(-most)
      if (first === undefined || first <= now - ms) continue
      const per = ms === 1_000 ? 'a second' : 'an hour'
      const message = `project ${project} asked for more than ${most} raw exports ${per}`
      throw new UserError('RATE_LIMITED', message, { status: 429, retryable: true, retryAfterMs: first + ms - now })
    }
    asked.push(now)
  }
}
