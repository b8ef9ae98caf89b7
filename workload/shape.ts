/**
 * The dimensions of the canonical workload, and the state of one run of the generator.
 */
import type { CarriedCopy } from './draft.ts'
import type { Population } from './population.ts'
import type { Prng } from './prng.ts'
import type { Tables } from './session.ts'

export const workloadProject = 'canonical'
export const workloadDays = 30
export const dayMs = 86_400_000
/** 2026-01-01T00:00:00Z, a Thursday. */
export const workloadStart = 1_767_225_600_000
/** No event has this time or a later one. */
export const workloadEnd = workloadStart + workloadDays * dayMs

/** One user for each hundred rows. */
export function userCount(rows: number): number {
  return Math.max(10, Math.floor(rows / 100))
}

export interface Run {
  readonly seed: number
  readonly prng: Prng
  readonly population: Population
  readonly tables: Tables
  /** Copies that arrive on a later day, by that day. */
  readonly carried: readonly CarriedCopy[][]
  /** Sessions so far; the next one's ordinal. */
  sessions: number
}
