/**
 * Births of a pass: per user the first event that matches, by (time, event name bytes, log
 * position). Position is not a column: among rows of one user, name and time it is the order of
 * sources and, within one, of rows (ADR 0003).
 */
import { compareUtf8 } from '../../../common/bytes/compare.ts'
import type { QueryMemory } from '../memory.ts'
import type { RowBatch } from '../rows/batch.ts'
import type { JoinedFrame } from '../scan/frames.ts'

/** Bytes per user of the pass. */
export const birthBytes = 24

/** A batch of rows of one event name. */
export interface NamedRows {
  readonly batch: RowBatch
  readonly frame: JoinedFrame
  readonly event: string
}

export class Births {
  /** ms; infinite for a user without a birth. */
  readonly time: Float64Array<ArrayBuffer>
  readonly #first: number
  readonly #name: Uint32Array<ArrayBuffer>
  readonly #source: Uint32Array<ArrayBuffer>
  readonly #row: Uint32Array<ArrayBuffer>
  readonly #memory: QueryMemory
  readonly #names: string[] = []

  /** Of the positions `[first, first + users)`. */
  constructor(first: number, users: number, memory: QueryMemory) {
    this.#first = first
    this.time = memory.f64(users).fill(Number.POSITIVE_INFINITY)
    this.#name = memory.u32(users)
    this.#source = memory.u32(users)
    this.#row = memory.u32(users)
    this.#memory = memory
  }

  /** The births are not used any more. */
  release(): void {
    for (const array of [this.time, this.#name, this.#source, this.#row]) this.#memory.give(array)
  }

  add({ batch, frame, event }: NamedRows): void {
    const { count, user, time, row } = batch
    const { position, source } = frame
    const births = this.time
    const name = this.#nameOf(event)
    for (let i = 0; i < count; i++) {
      const at = position[user[i]!]! - this.#first
      if (time[i]! > births[at]!) continue
      if (time[i] === births[at] && this.#order(at, { event, source, row: row[i]! }) >= 0) continue
      births[at] = time[i]!
      this.#name[at] = name
      this.#source[at] = source
      this.#row[at] = row[i]!
    }
  }

  /** Whether an event at the very time of the user's birth comes after it. `at`: position less the pass's first. */
  isAfter(at: number, other: TiedEvent): boolean {
    return this.#order(at, other) > 0
  }

  /** Order of an event at the time of the birth, from the birth: before (< 0), it (0), after (> 0). */
  #order(at: number, other: TiedEvent): number {
    const byName = compareUtf8(other.event, this.#names[this.#name[at]!]!)
    if (byName !== 0) return byName
    const bySource = other.source - this.#source[at]!
    return bySource !== 0 ? bySource : other.row - this.#row[at]!
  }

  #nameOf(event: string): number {
    const known = this.#names.lastIndexOf(event)
    return known >= 0 ? known : this.#names.push(event) - 1
  }
}

export interface TiedEvent {
  readonly event: string
  readonly source: number
  readonly row: number
}
