/**
 * States of a shard: what segments hold up to `base`, and the runs that go on from there.
 *
 * A cut replaces the state; the one before stays for the longest query, so that queries pinned to an
 * older vector are answered as they would have been then (QRY-1). Which state can answer is decided
 * by `History`.
 */
import type { OffsetVector } from '../schema/event.ts'
import type { Run } from './run/run.ts'
import type { Stored } from './stored.ts'
import { covers } from './vector.ts'

export interface State {
  /** Offsets of the manifest: segments hold everything before, the runs everything after. */
  readonly base: OffsetVector
  readonly stored: readonly Stored[]
  /** Runs may also hold rows before `base`, which views leave out. */
  readonly runs: readonly Run[]
}

interface PastState extends State {
  /** It has everything before this vector, decided. */
  readonly until: OffsetVector
  readonly expiresMs: number
}

export class History {
  #past: PastState[] = []

  push(state: State, kept: { until: OffsetVector; expiresMs: number }): void {
    this.#past.push({ ...state, ...kept })
  }

  /** The newest kept state that can answer at the vector, or `undefined`. */
  find(at: OffsetVector): State | undefined {
    return this.#past.findLast(({ base, until }) => covers(at, base) && covers(until, at))
  }

  expire(nowMs: number): void {
    this.#past = this.#past.filter(({ expiresMs }) => expiresMs > nowMs)
  }

  /** Lowest record number that its runs need. */
  get firstRecord(): number {
    return Math.min(...this.#past.flatMap(({ runs }) => runs.map(({ firstRecord }) => firstRecord)))
  }
}
