/**
 * Holds an answer against the oracle's at exactly its offset vector (QRY-1, DED-1, DED-2).
 *
 * The rows of the views are compared first, one by one, so that a wrong answer is told from wrong rows.
 * While rows are pending the views leave exactly so many out, and the answer is held against the others.
 */

import { dayMs, type OffsetVector } from '../../dataplane/schema/event.ts'
import { vectorText } from '../../dataplane/shard/vector.ts'
import { answer, answerLinear, markDuplicatesLinear } from '../../oracle/answer.ts'
import type { StoredEvent } from '../../oracle/event.ts'
import type { Query, Result } from '../../oracle/query.ts'
import { contentOf, type LedgerEvent } from './ledger.ts'
import { toOracle } from './oracle-events.ts'
import { isMasked, rowText } from './rows.ts'
import { violated } from './violation.ts'

export interface Answered {
  readonly query: Query
  readonly result: Result
  /** All rows of the views that answered, as `viewRows` reads them. */
  readonly rows: readonly string[]
  readonly at: OffsetVector
  readonly pending: number
  /** Who answered. */
  readonly from: string
  /** One of them may have wrong rows that nobody could know of yet (`audit.ts`). */
  readonly excused: boolean
}

/** `events`: of all shards asked, before the vector. */
export function checkAnswer(answered: Answered, events: readonly LedgerEvent[]): void {
  const { query, result } = answered
  const logged = events.map(toOracle)
  const decided = checkRows(answered, { events, marked: markDuplicatesLinear(logged) })
  // Brute force is the judge, but takes whole logs only.
  const want = answered.pending === 0 ? answer(logged, query) : answerLinear(decided, query)
  if (text(result) === text(want)) return
  violated('QRY-1', `${describe(answered)}: got ${text(result)}, the oracle ${text(want)}`)
}

/** Two answers to one question at one vector are one answer, whoever gave them. */
export function checkSame(one: Answered, other: Answered): void {
  if (one.pending > 0 || other.pending > 0 || text(one.result) === text(other.result)) return
  violated('QRY-1', `${describe(one)}: got ${text(one.result)}, but ${other.from} answered ${text(other.result)}`)
}

/**
 * Every row of the log before the vector is in the views once, with the mark that the oracle gives it, but for those
 * pending. Answers the events that are there.
 */
function checkRows(
  answered: Answered,
  { events, marked }: { events: readonly LedgerEvent[]; marked: readonly StoredEvent[] },
): StoredEvent[] {
  checkOnce(answered)
  const want = events.map(({ event }, i) => rowText(contentOf(event), marked[i]!.duplicate))
  const [extra] = minus(answered.rows, want)
  if (extra !== undefined) {
    violated(
      isMasked(extra) ? 'DED-1' : 'QRY-1',
      `${describe(answered)}: a row that the oracle does not have: ${extra}`,
    )
  }
  const missing = minus(want, answered.rows)
  if (missing.length !== answered.pending) {
    violated('QRY-1', `${describe(answered)}: ${missing.length} rows are missing: ${missing[0] ?? 'none'}`)
  }
  const left = new Map<string, number>()
  for (const row of answered.rows) left.set(row, (left.get(row) ?? 0) + 1)
  return marked.filter((_, i) => {
    const count = left.get(want[i]!) ?? 0
    left.set(want[i]!, count - 1)
    return count > 0
  })
}

/** No key is visible twice (DED-1). */
function checkOnce(answered: Answered): void {
  const seen = new Set<string>()
  for (const row of answered.rows) {
    if (isMasked(row)) continue
    const [project, event, user, time, insertId] = JSON.parse(row) as [string, string, string, number, string]
    const key = text([project, user, event, insertId, Math.floor(time / dayMs)])
    if (seen.has(key)) violated('DED-1', `${describe(answered)}: ${key} is visible twice`)
    seen.add(key)
  }
}

/** What `all` has and `part` lacks, counting repetitions. */
function minus(all: readonly string[], part: readonly string[]): string[] {
  const counts = new Map<string, number>()
  for (const one of part) counts.set(one, (counts.get(one) ?? 0) + 1)
  return all.filter((one) => {
    const count = counts.get(one) ?? 0
    counts.set(one, count - 1)
    return count <= 0
  })
}

export function describe({ query, at, from, pending }: Answered): string {
  return `${from} at ${vectorText(at)}${pending > 0 ? ` with ${pending} pending` : ''} on ${text(query)}`
}

/** JSON with sorted keys, without fields that are undefined. */
function text(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (part === null || typeof part !== 'object' || Array.isArray(part)) return part
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}
