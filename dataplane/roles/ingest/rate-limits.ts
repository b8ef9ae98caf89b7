/**
 * Events a project may send: a bucket that holds a minute's worth and fills evenly.
 *
 * Over any minute at most two minutes' worth pass, over any longer time the quota. Events count
 * whether they are stored or refused: a sender that repeats what is invalid has used its share.
 * Projects without a quota are not limited. One project's bucket says nothing about another's.
 *
 * Does not: share its counts with other ingest processes; each allows the quota.
 */
import { UserError } from '../../../common/errors/errors.ts'
import type { ProjectAccess } from '../../access/table.ts'
import type { Clock } from '../../core/ports.ts'

interface Bucket {
  /** Events that may still pass; below 0 after a batch that was larger than what was left. */
  level: number
  /** Monotonic ms at which `level` was true. */
  at: number
}

const minuteSeconds = 60
/** Events: what sums of fractions may be short of, so that a sender who waits as told passes. */
const rounding = 1e-6

export class RateLimits {
  readonly #clock: Clock
  readonly #buckets = new Map<string, Bucket>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Throws `UserError` `RATE_LIMITED` when nothing may pass now: asked before a body is read. */
  check(project: ProjectAccess): void {
    this.#admit(project, 1)
  }

  /** Counts the events of one request, by project: all of them, or throws `UserError` `RATE_LIMITED` and counts none. */
  take(events: ReadonlyMap<ProjectAccess, number>): void {
    for (const [project, count] of events) this.#admit(project, count)
    for (const [project, count] of events) {
      const bucket = this.#buckets.get(project.id)
      if (bucket !== undefined) bucket.level -= count
    }
  }

  #admit(project: ProjectAccess, count: number): void {
    const perSecond = project.quotas.ingestEventsPerSecond
    if (perSecond === undefined) {
      this.#buckets.delete(project.id)
      return
    }
    const { level } = this.#filled(project.id, perSecond)
    // A batch that is larger than a full bucket passes when it is full, and is owed.
    const want = Math.min(count, perSecond * minuteSeconds)
    if (level + rounding >= want) return
    throw new UserError(
      'RATE_LIMITED',
      'Project exceeded rate limits. Please retry the request with exponential backoff.',
      { status: 429, retryable: true, retryAfterMs: ((want - level) / perSecond) * 1000 },
    )
  }

  #filled(project: string, perSecond: number): Bucket {
    const now = this.#clock.monotonic()
    const full = perSecond * minuteSeconds
    let bucket = this.#buckets.get(project)
    if (bucket === undefined) {
      bucket = { level: full, at: now }
      this.#buckets.set(project, bucket)
    }
    bucket.level = Math.min(full, bucket.level + ((now - bucket.at) / 1000) * perSecond)
    bucket.at = now
    return bucket
  }
}
