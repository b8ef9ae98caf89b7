/**
 * Returns of a pass: per user the intervals after the birth in which there is one, as bits.
 */
import { dayMs } from '../../schema/event.ts'
import type { RetentionRequest } from '../request/request.ts'
import { bucketOf } from '../time/buckets.ts'
import type { Births, NamedRows } from './births.ts'

/** Bytes per user of the pass, at most: three words of intervals, and the unit. */
export const returnBytes = 16

/** Lengths of rolling intervals. */
export const lengthMs = { day: dayMs, week: 7 * dayMs, month: 30 * dayMs }

export class Returns {
  /** Words per user; bit `i` of them is interval `i`. */
  readonly words: number
  readonly intervals: Uint32Array
  readonly #request: RetentionRequest
  readonly #births: Births
  readonly #first: number
  /** Unit of each birth plus 1, for calendar intervals; 0: not looked up. Births are final when returns come. */
  readonly #birthUnit: Uint32Array

  constructor(request: RetentionRequest, births: Births, first: number) {
    this.words = (request.count + 32) >>> 5
    this.intervals = new Uint32Array(births.time.length * this.words)
    this.#request = request
    this.#births = births
    this.#first = first
    this.#birthUnit = new Uint32Array(request.mode === 'calendar' ? births.time.length : 0)
  }

  add(rows: NamedRows): void {
    if (this.#request.mode === 'rolling') this.#addRolling(rows)
    else this.#addCalendar(rows)
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

  #addCalendar({ batch, frame, event }: NamedRows): void {
    const { count, user, time } = batch
    const { position } = frame
    const births = this.#births.time
    const { units, count: last } = this.#request
    const { words, intervals } = this
    const birthUnit = this.#birthUnit
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
      if (birthUnit[at] === 0) birthUnit[at] = bucketOf(units, births[at]!, unit) + 1
      const interval = unit + 1 - birthUnit[at]!
      if (interval > last) continue
      const word = at * words + (interval >>> 5)
      intervals[word] = intervals[word]! | (1 << (interval & 31))
    }
  }

  #isAfter(at: number, { batch, frame, event }: NamedRows, i: number): boolean {
    return this.#births.isAfter(at, { event, source: frame.source, row: batch.row[i]! })
  }
}
