/**
 * Tells people what the operator does, as Events, without flooding: the same thing again is a count on the first Event, written at 2, 4, 8, … and
 * at most every six minutes; each object has a budget of 25 Events that refills by one in five minutes.
 *
 * Recording never waits and never fails the work: Events that cannot be written are counted and dropped. Does not: keep Events; the
 * server forgets them after an hour.
 */
import type { Clock, Logger, Random } from '../../../dataplane/core/ports.ts'
import { randomHex } from '../../../dataplane/core/random-hex.ts'
import type { KubeApi } from '../api.ts'
import type { ObjectKey } from '../object.ts'
import { keyOf } from '../object.ts'
import { resources } from '../resource.ts'
import { isNotFound } from '../status-error.ts'
import { eventOf, type Notice, noticeKey, type Reporter, seriesPatch } from './event.ts'

export interface RecorderOptions {
  readonly api: KubeApi
  readonly reporter: Reporter
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly observe?: (what: 'written' | 'counted' | 'dropped') => void
}

const seriesMs = 360_000
const burst = 25
const refillMs = 300_000
/** Events that wait to be written, and things that are remembered. */
const pendingMax = 1000
const rememberedMax = 10_000

interface Series {
  readonly key: ObjectKey
  count: number
  writtenAt: number
  lastAt: number
}

export class Recorder {
  readonly #options: RecorderOptions
  readonly #series = new Map<string, Series>()
  readonly #budgets = new Map<string, { left: number; at: number }>()
  #pending: Promise<void> = Promise.resolve()
  #waiting = 0

  constructor(options: RecorderOptions) {
    this.#options = options
  }

  record(notice: Notice): void {
    const now = this.#options.clock.monotonic()
    const name = noticeKey(notice)
    const series = this.#series.get(name)
    if (series !== undefined && now - series.lastAt < seriesMs) this.#again(series, now)
    else this.#first(name, notice, now)
  }

  /** Resolves when everything recorded so far was written or dropped. */
  flush(): Promise<void> {
    return this.#pending
  }

  #first(name: string, notice: Notice, now: number): void {
    if (!this.#spend(notice.regarding.metadata.uid ?? '', now)) {
      this.#observe('dropped')
      return
    }
    const { api, reporter, clock, random } = this.#options
    const suffix = randomHex(random, 8)
    const event = eventOf(notice, reporter, { now: clock.now(), suffix })
    remember(this.#series, name, { key: keyOf(event), count: 1, writtenAt: now, lastAt: now })
    this.#write(async () => {
      await api.create(resources.events, event)
    })
  }

  #again(series: Series, now: number): void {
    series.count++
    series.lastAt = now
    const isPowerOfTwo = (series.count & (series.count - 1)) === 0
    if (!isPowerOfTwo && now - series.writtenAt < seriesMs) {
      this.#observe('counted')
      return
    }
    series.writtenAt = now
    const { api, clock } = this.#options
    const body = seriesPatch(series.count, clock.now())
    this.#write(async () => {
      await api.patch(resources.events, series.key, { type: 'merge', body })
    })
  }

  #spend(uid: string, now: number): boolean {
    const budget = this.#budgets.get(uid) ?? { left: burst, at: now }
    const left = Math.min(burst, budget.left + (now - budget.at) / refillMs)
    remember(this.#budgets, uid, { left: left >= 1 ? left - 1 : left, at: now })
    return left >= 1
  }

  /** One after the other, in order: a count must not overtake its Event. */
  #write(write: () => Promise<void>): void {
    if (this.#waiting >= pendingMax) {
      this.#observe('dropped')
      return
    }
    this.#waiting++
    this.#pending = this.#pending.then(write).then(
      () => {
        this.#waiting--
        this.#observe('written')
      },
      (error: unknown) => {
        this.#waiting--
        this.#observe('dropped')
        // The server forgot the Event, or the object went with its namespace: nothing is wrong.
        if (!isNotFound(error)) this.#options.logger.warn('an Event was not written', { error })
      },
    )
  }

  #observe(what: 'written' | 'counted' | 'dropped'): void {
    this.#options.observe?.(what)
  }
}

/** Newest last; the oldest goes when there are too many. */
function remember<T>(table: Map<string, T>, key: string, value: T): void {
  table.delete(key)
  table.set(key, value)
  if (table.size > rememberedMax) table.delete(table.keys().next().value!)
}
