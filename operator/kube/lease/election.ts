/**
 * Leader election by a Lease: at most one process acts, and each that does has a term higher than all before it.
 *
 * A standby takes over at once when the Lease is released, or when it has watched it unchanged for the time of the lease by its own clock; wall
 * clocks are written for people and never compared. The term is `leaseTransitions`. Election alone does not fence: `Leadership.check` is
 * asked at each write, and the data plane refuses lower terms than it has seen. Does not: act; `onLeader` does, and ends with its signal.
 */
import type { Clock, Logger, Random } from '../../../dataplane/core/ports.ts'
import type { KubeApi } from '../api.ts'
import { fraction } from '../backoff.ts'
import { keyText, type ObjectKey } from '../object.ts'
import { resources } from '../resource.ts'
import { isAlreadyExists, isConflict, isNotFound } from '../status-error.ts'
import { Leadership } from './leadership.ts'
import { type Lease, releasedLease, renewedLease, takenLease } from './lease.ts'

export interface ElectionLimits {
  /** Unchanged for so long, a Lease is free. */
  readonly leaseMs: number
  /** The leader acts for so long after it sent its last successful renewal; well below `leaseMs`. */
  readonly actMs: number
  readonly retryMs: number
}

const electionLimits: ElectionLimits = { leaseMs: 12_000, actMs: 8_000, retryMs: 2_000 }

export interface ElectionOptions {
  /** Not fenced, and best with connections of its own: renewals must not wait behind other requests. */
  readonly api: KubeApi
  readonly lease: ObjectKey
  /** Of this process, never used by another: the pod's name and something random. */
  readonly identity: string
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly limits?: Partial<ElectionLimits>
}

export class Election {
  readonly #options: ElectionOptions
  readonly #limits: ElectionLimits
  #leadership: Leadership | undefined
  #lease: Lease | undefined
  /** The version of the Lease that was seen last, and when it is free unless it changes, by the monotonic clock. */
  #observed: string | undefined
  #freeAt = 0
  /** Ends the pause of a standby. */
  #wake = new AbortController()
  #termSeen = 0

  constructor(options: ElectionOptions) {
    this.#options = options
    this.#limits = { ...electionLimits, ...options.limits }
  }

  get leadership(): Leadership | undefined {
    return this.#leadership?.holds ? this.#leadership : undefined
  }

  /** A term that somebody has seen: the next one of this process is higher. Needed after a Lease was deleted. */
  sawTerm(term: number): void {
    this.#termSeen = Math.max(this.#termSeen, term)
  }

  /**
   * Campaigns until `signal` aborts, then releases. `onLeader` runs once for each leadership; when it returns or throws the Lease is
   * released, and the campaign goes on unless `signal` has aborted.
   */
  async run(onLeader: (leadership: Leadership) => Promise<void>, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const leadership = (await this.#attempt(signal)) ?? (await this.#stand(signal))
      if (leadership !== undefined) await this.#lead(leadership, onLeader, signal)
    }
  }

  /** A standby: tries again every so often, and at once when the Lease is released. `undefined`: `signal` aborted. */
  async #stand(signal: AbortSignal): Promise<Leadership | undefined> {
    const over = new AbortController()
    const listening = this.#listen(AbortSignal.any([signal, over.signal]))
    try {
      while (!signal.aborted) {
        await this.#pause(signal)
        const leadership = await this.#attempt(signal)
        if (leadership !== undefined) return leadership
      }
      return undefined
    } finally {
      over.abort()
      await listening
    }
  }

  /** Resolves when `signal` aborts. A watch that fails costs nothing but time: the pauses go on beside it. */
  async #listen(signal: AbortSignal): Promise<void> {
    const { api, lease, clock } = this.#options
    const query = { namespace: lease.namespace!, fieldSelector: `metadata.name=${lease.name}`, timeoutSeconds: 300 }
    while (!signal.aborted) {
      try {
        for await (const event of api.watch(resources.leases, query, signal)) {
          if (event.type === 'BOOKMARK') continue
          if (event.type === 'DELETED' || !(event.object as Lease).spec.holderIdentity) this.#wake.abort()
        }
      } catch {
        // Broken, refused or aborted: begun anew after a pause.
      }
      await clock.sleep(this.#limits.retryMs, signal).catch(() => {})
    }
  }

  async #attempt(signal: AbortSignal): Promise<Leadership | undefined> {
    try {
      return signal.aborted ? undefined : await this.#campaign(signal)
    } catch (error) {
      if (!signal.aborted) this.#options.logger.warn('campaign for the lease failed and goes on', { error })
      return undefined
    }
  }

  async #campaign(signal: AbortSignal): Promise<Leadership | undefined> {
    const { api, lease: key, clock, identity } = this.#options
    signal.throwIfAborted()
    const lease = (await api.get(resources.leases, key)) as Lease | undefined
    signal.throwIfAborted()
    if (lease !== undefined && !this.#isFree(lease)) return undefined
    const sent = clock.monotonic()
    const term = Math.max(lease?.spec.leaseTransitions ?? 0, this.#termSeen) + 1
    const taken = takenLease(key, lease, { identity, leaseMs: this.#limits.leaseMs, now: clock.now(), term })
    try {
      const write = lease === undefined ? api.create(resources.leases, taken) : api.replace(resources.leases, taken)
      this.#lease = (await write) as Lease
    } catch (error) {
      // Another one was faster.
      if (isConflict(error) || isAlreadyExists(error) || isNotFound(error)) return undefined
      throw error
    }
    this.sawTerm(term)
    this.#leadership = new Leadership(clock, term, sent + this.#limits.actMs)
    return this.#leadership
  }

  #isFree(lease: Lease): boolean {
    const { clock, identity } = this.#options
    const version = lease.metadata.resourceVersion!
    const now = clock.monotonic()
    const { holderIdentity, leaseDurationSeconds = 0 } = lease.spec
    if (this.#observed !== version) {
      this.#observed = version
      this.#freeAt = now + Math.max(this.#limits.leaseMs, leaseDurationSeconds * 1000)
    }
    // Ours, from a request whose answer was lost: nobody else acts under it, and the new term is higher.
    if (!holderIdentity || holderIdentity === identity) return true
    return now >= this.#freeAt
  }

  async #lead(
    leadership: Leadership,
    onLeader: (leadership: Leadership) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const { logger, lease } = this.#options
    logger.info('leading', { lease: keyText(lease), term: leadership.term })
    const ends = AbortSignal.any([signal, leadership.signal])
    const renewing = this.#renew(leadership, ends)
    try {
      await onLeader(leadership)
    } catch (error) {
      logger.error('the leader failed', { term: leadership.term, error })
    }
    const held = leadership.holds
    leadership.end('it was given up')
    await renewing
    this.#leadership = undefined
    logger.info(held ? 'leading no more' : 'leadership lost', { lease: keyText(lease), term: leadership.term })
    if (held) await this.#release()
  }

  /** Resolves when `signal` aborts; ends the leadership when the Lease is another's or the time is over. */
  async #renew(leadership: Leadership, signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options
    while (!signal.aborted) {
      await clock.sleep(this.#limits.retryMs, signal).catch(() => {})
      if (signal.aborted || !leadership.holds) return
      const sent = clock.monotonic()
      try {
        if (await this.#renewOnce()) leadership.extend(sent + this.#limits.actMs)
        else leadership.end('another process holds the lease')
      } catch (error) {
        logger.warn('the lease was not renewed and is tried again', { term: leadership.term, error })
      }
    }
  }

  /** False: it is another's. */
  async #renewOnce(): Promise<boolean> {
    const { api, clock, lease: key, identity } = this.#options
    try {
      this.#lease = (await api.replace(resources.leases, renewedLease(this.#lease!, clock.now()))) as Lease
      return true
    } catch (error) {
      if (!isConflict(error) && !isNotFound(error)) throw error
    }
    const now = (await api.get(resources.leases, key)) as Lease | undefined
    const term = this.#lease!.spec.leaseTransitions
    if (now?.spec.holderIdentity !== identity || now.spec.leaseTransitions !== term) return false
    // Somebody touched it, or an answer was lost: still ours.
    this.#lease = (await api.replace(resources.leases, renewedLease(now, clock.now()))) as Lease
    return true
  }

  async #release(): Promise<void> {
    const { api, clock, logger } = this.#options
    try {
      await api.replace(resources.leases, releasedLease(this.#lease!, clock.now()))
    } catch (error) {
      logger.warn('the lease was not released and runs out by itself', { error })
    }
  }

  /** A little different each time, so that standbys do not come together; no longer than until the Lease is free. */
  async #pause(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#options
    const usual = this.#limits.retryMs * (0.6 + fraction(random) * 0.4)
    const left = this.#freeAt - clock.monotonic()
    const ends = AbortSignal.any([signal, this.#wake.signal])
    await clock.sleep(left > 0 ? Math.min(usual, left) : usual, ends).catch(() => {})
    this.#wake = new AbortController()
  }
}
