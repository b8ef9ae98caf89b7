/**
 * Partial answers of a segmentation: plain data, without anything per user, that adds up. Passes
 * over ranges of users and shards are the same here: their users are disjoint.
 */
import { bug } from '../../../common/errors/errors.ts'
import type { Measure } from '../request/request.ts'
import { addSums } from '../sums/exact.ts'
import type { CellRow } from './cells.ts'
import type { Key } from './groups.ts'
import { byteText } from './keys.ts'

export interface GroupRow {
  readonly key: Key
  readonly row: CellRow
}

export interface SegmentationPartial {
  readonly groups: readonly GroupRow[]
  /** Events of no group of a fixed pass. */
  readonly other: CellRow | undefined
  readonly overall: CellRow
}

/** Equal for equal keys, and for them only. */
export function keyId(key: Key): string {
  const parts = key.map((value) => {
    if (value === undefined) return ''
    return typeof value === 'string' ? `s${value}` : `c${byteText(value)}`
  })
  // With its length the first part cannot run into the second.
  return parts.length === 1 ? parts[0]! : `${parts[0]?.length ?? 0} ${parts.join('')}`
}

export function mergePartials(partials: readonly SegmentationPartial[], measure: Measure['kind']): SegmentationPartial {
  if (partials.length === 1) return partials[0]!
  const groups = new Map<string, { key: Key; rows: CellRow[] }>()
  for (const { key, row } of partials.flatMap((partial) => partial.groups)) {
    const id = keyId(key)
    const known = groups.get(id)
    if (known === undefined) groups.set(id, { key, rows: [row] })
    else known.rows.push(row)
  }
  const others = partials.flatMap((partial) => (partial.other === undefined ? [] : [partial.other]))
  return {
    groups: [...groups.values()].map(({ key, rows }) => ({ key, row: addRows(rows, measure) })),
    other: others.length === 0 ? undefined : addRows(others, measure),
    overall: addRows(
      partials.map((partial) => partial.overall),
      measure,
    ),
  }
}

function addRows(rows: readonly CellRow[], measure: Measure['kind']): CellRow {
  const [first] = rows
  if (first === undefined) bug('no partial to merge')
  if (rows.length === 1) return first
  const sum = (of: (row: CellRow) => number | undefined): number =>
    rows.reduce((total, row) => total + (of(row) ?? 0), 0)
  const each = <Value, Result>(
    of: (row: CellRow) => readonly Value[] | undefined,
    add: (values: Value[]) => Result,
  ) => {
    return of(first)?.map((_, bucket) => add(rows.map((row) => of(row)![bucket]!)))
  }
  const add = (values: number[]): number => values.reduce((a, b) => a + b, 0)
  const better = (values: (number | null)[]): number | null => {
    const numbers = values.filter((value) => value !== null)
    if (numbers.length === 0) return null
    return numbers.reduce((a, b) => (a < b === (measure === 'min') ? a : b))
  }
  return defined({
    events: sum((row) => row.events),
    counts: each((row) => row.counts, add),
    users: each((row) => row.users, add),
    usersTotal: first.usersTotal === undefined ? undefined : sum((row) => row.usersTotal),
    sums: each((row) => row.sums, addSums),
    numbers: each((row) => row.numbers, add),
    extremes: each((row) => row.extremes, better),
  })
}

function defined(row: { [Field in keyof CellRow]: CellRow[Field] | undefined } & { events: number }): CellRow {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined)) as unknown as CellRow
}
