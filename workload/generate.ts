/**
 * The canonical workload: a seeded stream of product events, the one that every benchmark uses.
 *
 * It has what engines differ most on: Zipf event names (ranks 3, 10 and 30 have 5.7 %, 1.7 % and
 * 0.6 %), sessions of about ten events, users of very unequal activity with one hot user (1 % of the
 * sessions and more), 17 properties (6 constant per user, 5 per session, 6 per event; one of them has
 * conflicting types, one holds lists), ties in time, 1 % copies (exact, moved within the UTC day, or
 * days late), 2 % of the sessions late by up to 30 days; 30 days, one project, every event has a user.
 *
 * Deterministic in (rows, seed). Touches no clock, network or environment.
 */
import type { WorkloadChunk } from './chunk.ts'
import { addCarried, makeDraft } from './draft.ts'
import { finishChunk } from './finish.ts'
import { makePopulation } from './population.ts'
import { Prng } from './prng.ts'
import { addSession, makeTables } from './session.ts'
import { type Run, userCount, workloadDays } from './shape.ts'

export interface WorkloadOptions {
  /** Rows in all, copies included. */
  readonly rows: number
  /** A 32-bit integer; default 1. */
  readonly seed?: number
}

/** One chunk per day of arrival, in order; together exactly `rows` rows. */
export function* generate({ rows, seed = 1 }: WorkloadOptions): Generator<WorkloadChunk> {
  const prng = new Prng(seed)
  const population = makePopulation(userCount(rows), seed, prng)
  const carried = Array.from({ length: workloadDays }, () => [])
  const run: Run = { seed, prng, population, tables: makeTables(), carried, sessions: 0 }
  let start = 0
  for (let day = 0; day < workloadDays; day++) {
    const end = Math.round((rows * (day + 1)) / workloadDays)
    const draft = makeDraft(end - start)
    for (const copy of run.carried[day]) if (draft.rows < draft.capacity) addCarried(draft, copy)
    while (draft.rows < draft.capacity) addSession(draft, run, day)
    if (draft.rows > 0) yield finishChunk(draft, run, start)
    start = end
  }
}
