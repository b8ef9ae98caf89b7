/**
 * The first row in which the log and somebody's rows differ, so that a divergence has a name (AUD-1).
 *
 * Rows are compared as a multiset of their hashes (ADR 0005) with the mask bit, so the order and layout of
 * neither side matters. A row that is altered is missing in its true form and there in a false one.
 *
 * Says where a row is, not what it says: events stay out of logs and metrics.
 */

import type { Segment } from '../../storage/segment/contract.ts'
import { rowHashes } from '../../storage/segment/row-hashes.ts'
import { readSlices } from '../../storage/segment/rows.ts'
import type { RecordTable } from '../records.ts'
import type { Run, Window } from '../run/run.ts'
import type { Reread } from './reread.ts'

export interface Difference {
  /** `missing`: the log has the row and they do not. `extra`: the other way around. */
  readonly kind: 'missing' | 'extra'
  readonly project: string
  /** UTC day. */
  readonly day: number
  /** Of a missing row: its record. */
  readonly at?: { readonly partition: number; readonly offset: number }
  /** Rows of each kind. */
  readonly missing: number
  readonly extra: number
}

/** `undefined` when they hold the same rows in the window. */
export async function firstDifference(
  log: Reread,
  theirs: { readonly segments: readonly Segment[] } | { readonly runs: readonly Run[]; readonly records: RecordTable },
  window: Window,
): Promise<Difference | undefined> {
  const counts = new Map<string, number>()
  const count = (key: string, by: number) => counts.set(key, (counts.get(key) ?? 0) + by)
  if ('segments' in theirs) {
    for (const segment of theirs.segments) for await (const { key } of rowsOfSegment(segment)) count(key, 1)
  } else for await (const { key } of rowsOfRuns(theirs, window)) count(key, 1)
  const first = { missing: undefined as RunRow | undefined, rows: 0 }
  for await (const row of rowsOfRuns(log, window)) {
    const left = counts.get(row.key) ?? 0
    if (left > 0) {
      counts.set(row.key, left - 1)
      continue
    }
    first.rows++
    if (first.missing === undefined || isBefore(row, first.missing)) first.missing = row
  }
  const extras = [...counts].filter(([, left]) => left > 0)
  const sums = { missing: first.rows, extra: extras.reduce((sum, [, left]) => sum + left, 0) }
  if (first.missing !== undefined) {
    const { project, day, partition, offset } = first.missing
    return { kind: 'missing', project, day, at: { partition, offset }, ...sums }
  }
  const [extra] = extras
  if (extra === undefined) return undefined
  const [day, project] = JSON.parse(extra[0]) as [number, string]
  return { kind: 'extra', project, day, ...sums }
}

/** `the row of project p, day 20500, record 7 of partition 0 is missing (1 missing, 0 too many)`. */
export function differenceText({ kind, project, day, at, missing, extra }: Difference): string {
  const record = at === undefined ? '' : `, record ${at.offset} of partition ${at.partition}`
  const what = kind === 'missing' ? 'is missing or altered' : 'is too many'
  return `a row of project ${project}, day ${day}${record} ${what} (${missing} missing, ${extra} too many)`
}

interface Row {
  /** Day, project, hash and mask, as JSON. */
  readonly key: string
  readonly project: string
  readonly day: number
}

interface RunRow extends Row {
  readonly partition: number
  readonly offset: number
}

const isBefore = (a: RunRow, b: RunRow) => (a.partition - b.partition || a.offset - b.offset) < 0

async function* rowsOfRuns(
  { runs, records }: { readonly runs: readonly Run[]; readonly records: RecordTable },
  window: Window,
): AsyncGenerator<RunRow> {
  for (const run of runs) {
    for await (const { slice, row, ...found } of rowsOfSegment(await run.segment())) {
      const record = run.records[slice]![row]!
      if (records.isBefore(record, window.from) || !records.isBefore(record, window.to)) continue
      yield { ...found, partition: records.partition(record), offset: records.offset(record) }
    }
  }
}

async function* rowsOfSegment(
  segment: Segment,
): AsyncGenerator<Row & { readonly slice: number; readonly row: number }> {
  for (const [index, slice] of (await readSlices(segment)).entries()) {
    const { project, day, masked } = slice
    const hashes = rowHashes(slice)
    for (let row = 0; row < slice.rows; row++) {
      const words = hashes.subarray(4 * row, 4 * row + 4)
      const isMasked = (masked[row >>> 5]! >>> (row & 31)) & 1
      yield { key: JSON.stringify([day, project, words.join(' '), isMasked]), project, day, slice: index, row }
    }
  }
}
