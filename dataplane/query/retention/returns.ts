/**
 * Returns of a pass: per user the intervals after the birth in which there is one, as bits.
 */
import { dayMs } from '../../schema/event.ts'
import type { RetentionRequest } from '../request/request.ts'
import { bucketOf } from '../time/buckets.ts'
import type { Births, NamedRows } from './births.ts'

/** Lengths of rolling intervals. */
export const lengthMs = { day: dayMs, week: 7 * dayMs, month: 30 * dayMs }

export class Returns {
  /** Words per user; bit `i` of them is interval `i`. */
  readonly words: number
  readonly intervals: Uint32Array
  readonly #request: RetentionRequest
  readonly #births: Births
  readonly #first: number
  /** Unit of the birth, for calendar intervals. */
  readonly #birthUnit: Uint32Array | undefined

  constructor(request: RetentionRequest, births: Births, first: number) {
    this.words = (request.count + 32) >>> 5
    this.intervals = new Uint32Array(births.time.length * this.words)
    this.#request = request
    this.#births = births
    this.#first = first
    if (request.mode === 'calendar') {
      this.#birthUnit = Uint32Array.from(births.time, (time) =>
        time === Number.POSITIVE_INFINITY ? 0 : bucketOf(request.units, time),
      )
    }
  }

  add(rows: NamedRows): void {
    if (this.#birthUnit === undefined) this.#addRolling(rows)
    else this.#addCalendar(rows, this.#birthUnit)
  }

  #addRolling({ batch, frame, event }: NamedRows): void {
    const { count, user, time } = batch
    const { position } = frame
    const births = this.#births.time
    const length = lengthMs[this.#request.unit]
    const last = this.#request.count
    const { words, intervals } = this
    for (let i = 0; i < count; i++) {
      const at = position[user[i]!]! - this.#first
      const since = time[i]! - births[at]!
      if (!(since > 0) && !(since === 0 && this.#isAfter(at, { batch, frame, event }, i))) continue
      const interval = Math.floor(since / length)
      if (interval > last) continue
      const word = at * words + (interval >>> 5)
      intervals[word] = intervals[word]! | (1 << (interval & 31))
    }
  }

  #addCalendar({ batch, frame, event }: NamedRows, birthUnit: Uint32Array): void {
    const { count, user, time } = batch
    const { position } = frame
    const births = this.#births.time
    const { units, count: last } = this.#request
    const { words, intervals } = this
    let unit = 0
    let low = 1
    let high = 0
    for (let i = 0; i < count; i++) {
      const at = position[user[i]!]! - this.#first
      const now = time[i]!
      const since = now - births[at]!
      if (!(since > 0) && !(since === 0 && this.#isAfter(at, { batch, frame, event }, i))) continue
      if (!(now >= low && now < high)) {
        unit = bucketOf(units, now, unit)
        low = units[unit]!
        high = unit + 1 < units.length ? units[unit + 1]! : Number.POSITIVE_INFINITY
      }
      const interval = unit - birthUnit[at]!
      if (interval > last) continue
      const word = at * words + (interval >>> 5)
      intervals[word] = intervals[word]! | (1 << (interval & 31))
    }
  }

  #isAfter(at: number, { batch, frame, event }: NamedRows, i: number): boolean {
    return this.#births.isAfter(at, { event, source: frame.source, row: batch.row[i]! })
  }
}
