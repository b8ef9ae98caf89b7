/**
 * Keeps a `Store` equal to what the API server has: a paged list, then a watch from its version, for ever.
 *
 * A watch that ends, breaks, talks nonsense or falls silent is taken up again where it was; only `Expired` (410) makes a new list, whose
 * differences become changes. Every failure waits longer than the last, with chance, and a Retry-After is obeyed. Between pages other
 * work has its turn. The client libraries of Kubernetes for this language stop for ever on most of these. Does not: interpret objects.
 */
import type { Clock, Logger, Random } from '../../dataplane/core/ports.ts'
import type { KubeApi, Selection, WatchEvent } from './api.ts'
import { Backoff, fraction } from './backoff.ts'
import { freeze, type KubeObject } from './object.ts'
import { type Resource, resourceName } from './resource.ts'
import { isExpired, StatusError } from './status-error.ts'
import type { Store } from './store.ts'
import type { Transform } from './transform.ts'

export interface ReflectorOptions {
  readonly api: KubeApi
  readonly resource: Resource
  readonly selection?: Selection
  readonly store: Store
  readonly transform?: Transform
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly limits?: Partial<ReflectorLimits>
  readonly observe?: (what: ReflectorEvent) => void
}

export type ReflectorEvent = 'list' | 'watch' | 'failure' | 'expired' | 'silence' | 'stale'

export interface ReflectorLimits {
  readonly pageObjects: number
  /** The server is asked to end a watch after between one and two of these. */
  readonly watchSeconds: number
  /** No event and no bookmark for so long: the connection is taken as dead. Servers send a bookmark about once a minute. */
  readonly silenceMs: number
  readonly backoffFirstMs: number
  readonly backoffMaxMs: number
}

const reflectorLimits: ReflectorLimits = {
  pageObjects: 500,
  watchSeconds: 300,
  silenceMs: 150_000,
  backoffFirstMs: 200,
  backoffMaxMs: 30_000,
}

export class Reflector {
  readonly #options: ReflectorOptions
  readonly #limits: ReflectorLimits
  readonly #backoff: Backoff
  readonly #name: string
  readonly #synced = Promise.withResolvers<void>()
  #expiredPages = 0

  constructor(options: ReflectorOptions) {
    this.#options = options
    this.#limits = { ...reflectorLimits, ...options.limits }
    const { backoffFirstMs: firstMs, backoffMaxMs: maxMs } = this.#limits
    this.#backoff = new Backoff({ firstMs, maxMs }, options.random)
    this.#name = resourceName(options.resource)
  }

  /** Resolves when the store was filled for the first time; never rejects. */
  get synced(): Promise<void> {
    return this.#synced.promise
  }

  /** Failures in a row, up to now. */
  get failures(): number {
    return this.#backoff.failures
  }

  /** Resolves when `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    let version: string | undefined
    while (!signal.aborted) {
      try {
        version ??= await this.#list(signal)
        await this.#watch(version, signal)
        version = this.#options.store.version
      } catch (error) {
        if (signal.aborted) return
        const expired = isExpired(error)
        version = expired || this.#options.store.version === '0' ? undefined : this.#options.store.version
        await this.#pause(error, expired, signal)
      }
    }
  }

  /** Resolves with the version of what the store holds then. */
  async #list(signal: AbortSignal): Promise<string> {
    const { api, resource, selection, store, clock, transform } = this.#options
    this.#observe('list')
    const objects: KubeObject[] = []
    // A list whose token expires again and again is too long for the server's history: take it whole.
    const limit = this.#expiredPages < 2 ? { limit: this.#limits.pageObjects } : {}
    let next: string | undefined
    for (;;) {
      const query = { ...selection, ...limit, ...(next !== undefined && { continue: next }) }
      const page = await this.#page(() => api.list(resource, query), next !== undefined)
      signal.throwIfAborted()
      // Frozen here, page by page: at the end all at once would hold up everything else.
      for (const item of page.items) objects.push(freeze(transform?.(item) ?? item))
      next = page.continue
      if (next === undefined) {
        this.#expiredPages = 0
        this.#backoff.reset()
        try {
          if (!store.fill(objects, page.resourceVersion)) this.#observe('stale')
        } finally {
          // Full also where a listener threw.
          this.#synced.resolve()
        }
        return store.version
      }
      await clock.sleep(0, signal)
    }
  }

  async #page<T>(list: () => Promise<T>, further: boolean): Promise<T> {
    try {
      return await list()
    } catch (error) {
      if (further && isExpired(error)) this.#expiredPages++
      throw error
    }
  }

  /** Resolves when the server ended the watch. */
  async #watch(version: string, signal: AbortSignal): Promise<void> {
    const { api, resource, selection, clock, random } = this.#options
    this.#observe('watch')
    const { watchSeconds } = this.#limits
    const timeoutSeconds = Math.round(watchSeconds * (1 + fraction(random)))
    const guard = this.#guard(signal)
    const start = clock.monotonic()
    let events = 0
    try {
      const query = { ...selection, resourceVersion: version, timeoutSeconds }
      for await (const event of api.watch(resource, query, guard.signal)) {
        guard.heard()
        this.#take(event)
        events++
        this.#backoff.reset()
      }
    } finally {
      guard.end()
    }
    // A server that ends each watch at once would otherwise be asked in a busy loop.
    if (events === 0 && clock.monotonic() - start < 1000) await clock.sleep(this.#backoff.next(), signal)
  }

  #take(event: WatchEvent): void {
    const { store, transform } = this.#options
    if (event.type === 'BOOKMARK') {
      store.bookmark(event.resourceVersion)
      return
    }
    const object = transform?.(event.object) ?? event.object
    const taken = event.type === 'DELETED' ? store.remove(object) : store.put(object)
    if (!taken) this.#observe('stale')
  }

  /** A signal that also aborts when nothing was heard for too long. */
  #guard(outer: AbortSignal): { signal: AbortSignal; heard: () => void; end: () => void } {
    const { clock } = this.#options
    const { silenceMs } = this.#limits
    const over = new AbortController()
    const silent = new AbortController()
    let last = clock.monotonic()
    const listen = async () => {
      for (let left = silenceMs; left > 0; left = last + silenceMs - clock.monotonic()) {
        await clock.sleep(left, over.signal)
      }
      this.#observe('silence')
      silent.abort(new Error(`watch of ${this.#name}: neither event nor bookmark for ${silenceMs} ms`))
    }
    listen().catch(() => {})
    return {
      signal: AbortSignal.any([outer, silent.signal]),
      heard: () => {
        last = clock.monotonic()
      },
      end: () => over.abort(),
    }
  }

  async #pause(error: unknown, expired: boolean, signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options
    this.#observe(expired ? 'expired' : 'failure')
    const retryAfterMs = error instanceof StatusError ? (error.retryAfterMs ?? 0) : 0
    const waitMs = Math.max(this.#backoff.next(), retryAfterMs)
    const fields = { resource: this.#name, waitMs: Math.round(waitMs), failures: this.#backoff.failures, error }
    if (expired) logger.info('the history of a watch is gone: listing anew', fields)
    else logger.warn('list or watch failed and is tried again', fields)
    await clock.sleep(waitMs, signal).catch(() => {})
  }

  #observe(what: ReflectorEvent): void {
    this.#options.observe?.(what)
  }
}
