/**
 * The work queue of a controller: keys, each at most once, higher priority first, then first come first served.
 *
 * A key that is added again keeps the higher priority and the earlier time; one that is added while it is being worked on comes once more afterwards;
 * no key is worked on twice at a time. Does not: know what a key means.
 */
import type { Clock } from '../../../dataplane/core/ports.ts'
import { Heap } from './heap.ts'
import type { QueueMetrics } from './queue-metrics.ts'
import { RateLimit } from './rate-limit.ts'

export interface AddOptions {
  /** Higher first. */
  readonly priority?: number
  readonly afterMs?: number
}

/** What was there before the start, or changed nothing: behind all that changes now. */
export const lowPriority = -100

export interface Work {
  readonly key: string
  readonly priority: number
}

interface Entry {
  readonly key: string
  priority: number
  /** When it may be worked on, by the monotonic clock. */
  at: number
  /** When it became ready, for the time it waited. */
  readySince: number | undefined
}

export class WorkQueue {
  readonly #clock: Clock
  readonly #metrics: QueueMetrics | undefined
  readonly #limit = new RateLimit()
  /** Waiting and ready ones. */
  readonly #entries = new Map<string, Entry>()
  readonly #ready = new Map<number, Set<string>>()
  readonly #waiting = new Heap<{ key: string; at: number }>((a, b) => a.at < b.at)
  readonly #working = new Map<string, number>()
  /** Added while being worked on. */
  readonly #again = new Map<string, Entry>()
  readonly #takers: ((work: Work) => void)[] = []
  #timer: { at: number; stop: AbortController } | undefined

  constructor(clock: Clock, metrics?: QueueMetrics) {
    this.#clock = clock
    this.#metrics = metrics
    metrics?.bind({
      depth: () => this.#depth(),
      working: () => [...this.#working.values()].map((at) => clock.monotonic() - at),
    })
  }

  /** Keys that wait, are ready or are being worked on. */
  get size(): number {
    return this.#entries.size + this.#working.size
  }

  add(key: string, { priority = 0, afterMs = 0 }: AddOptions = {}): void {
    const at = this.#clock.monotonic() + Math.max(0, afterMs)
    const table = this.#working.has(key) ? this.#again : this.#entries
    const known = table.get(key)
    if (known === undefined) {
      const entry: Entry = { key, priority, at, readySince: undefined }
      table.set(key, entry)
      this.#metrics?.added()
      if (table === this.#entries) this.#place(entry)
      return
    }
    const earlier = at < known.at
    const higher = priority > known.priority
    if (!earlier && !higher) return
    this.#unplace(known)
    known.at = Math.min(at, known.at)
    known.priority = Math.max(priority, known.priority)
    if (table === this.#entries) this.#place(known)
  }

  /** Adds the key after the pause that its failures in a row make due. */
  addFailed(key: string, priority = 0): void {
    this.#metrics?.retried()
    this.add(key, { priority, afterMs: this.#limit.next(key) })
  }

  /** The key succeeded: its failures no longer count. */
  forget(key: string): void {
    this.#limit.forget(key)
  }

  failuresOf(key: string): number {
    return this.#limit.failuresOf(key)
  }

  /** The next key to work on; `done` must follow. Rejects with the reason of `signal`. */
  take(signal: AbortSignal): Promise<Work> {
    signal.throwIfAborted()
    return new Promise((resolve, reject) => {
      const taker = (work: Work) => {
        signal.removeEventListener('abort', aborted)
        resolve(work)
      }
      const aborted = () => {
        const at = this.#takers.indexOf(taker)
        if (at !== -1) this.#takers.splice(at, 1)
        reject(signal.reason)
      }
      signal.addEventListener('abort', aborted, { once: true })
      this.#takers.push(taker)
      this.#serve()
    })
  }

  done(key: string): void {
    const start = this.#working.get(key)
    if (start === undefined) return
    this.#working.delete(key)
    this.#metrics?.worked((this.#clock.monotonic() - start) / 1000)
    const again = this.#again.get(key)
    if (again === undefined) return
    this.#again.delete(key)
    this.#entries.set(key, again)
    this.#place(again)
  }

  #place(entry: Entry): void {
    if (entry.at > this.#clock.monotonic()) {
      this.#waiting.push({ key: entry.key, at: entry.at })
      this.#setTimer()
      return
    }
    entry.readySince ??= this.#clock.monotonic()
    const level = this.#ready.get(entry.priority)
    if (level === undefined) this.#ready.set(entry.priority, new Set([entry.key]))
    else level.add(entry.key)
    this.#serve()
  }

  /** From its level; what lies in the heap is left there and skipped when its time comes. */
  #unplace({ key, priority }: Entry): void {
    const level = this.#ready.get(priority)
    level?.delete(key)
    if (level?.size === 0) this.#ready.delete(priority)
  }

  #serve(): void {
    while (this.#takers.length > 0 && this.#ready.size > 0) {
      const priority = Math.max(...this.#ready.keys())
      const [key] = this.#ready.get(priority)!
      const entry = this.#entries.get(key!)!
      this.#unplace(entry)
      this.#entries.delete(entry.key)
      const now = this.#clock.monotonic()
      this.#working.set(entry.key, now)
      this.#metrics?.waited((now - (entry.readySince ?? now)) / 1000)
      this.#takers.shift()!({ key: entry.key, priority })
    }
  }

  #setTimer(): void {
    const next = this.#waiting.peek()
    if (next === undefined || (this.#timer !== undefined && this.#timer.at <= next.at)) return
    this.#timer?.stop.abort()
    const timer = { at: next.at, stop: new AbortController() }
    this.#timer = timer
    this.#clock
      .sleep(Math.max(0, next.at - this.#clock.monotonic()), timer.stop.signal)
      .then(() => this.#due(timer))
      .catch(() => {})
  }

  #due(timer: object): void {
    if (this.#timer === timer) this.#timer = undefined
    const now = this.#clock.monotonic()
    for (let next = this.#waiting.peek(); next !== undefined && next.at <= now; next = this.#waiting.peek()) {
      this.#waiting.pop()
      const entry = this.#entries.get(next.key)
      // Otherwise it became ready earlier, or was worked on since.
      if (entry !== undefined && entry.readySince === undefined && entry.at <= now) this.#place(entry)
    }
    this.#setTimer()
  }

  /** Stops the timer; what waits stays. */
  close(): void {
    this.#timer?.stop.abort()
    this.#timer = undefined
  }

  #depth(): number {
    let ready = 0
    for (const level of this.#ready.values()) ready += level.size
    return ready
  }
}
