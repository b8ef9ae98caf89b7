/** From added-up partials to the answer of a segmentation: ranks, and values by the measure. */
import type { Value } from '../../schema/value.ts'
import { tooLarge } from '../context.ts'
import type { Measure, SegmentationRequest } from '../request/request.ts'
import { addSums, roundSum, type SumState } from '../sums/exact.ts'
import type { CellRow } from './cells.ts'
import type { SegmentationPartial } from './partial.ts'
import { compareRank } from './rank.ts'

export interface SegmentationResult {
  readonly buckets: readonly number[]
  readonly groups: readonly GroupResult[]
  readonly other: (RowResult & { readonly groups: number }) | null
  readonly overall: RowResult
}

export interface RowResult {
  readonly events: number
  /** Per bucket. */
  readonly values: readonly (number | null)[]
  /** Over the whole range. */
  readonly total: number | null
}

export interface GroupResult extends RowResult {
  /** Per reference of the breakdown; `{}` is missing. */
  readonly key: readonly { readonly value?: Value }[]
}

export function segmentationResult(
  request: SegmentationRequest,
  partial: SegmentationPartial,
  { otherGroups, answerValuesMax }: { otherGroups: number; answerValuesMax: number },
): SegmentationResult {
  const { breakdown, buckets, measure } = request
  const values = partial.groups.length * buckets.length
  if (values > answerValuesMax) tooLarge('values of the answer (groups × buckets)', values, answerValuesMax)
  const ranked = partial.groups.map((group) => ({ ...group, events: group.row.events }))
  const groups = breakdown.length === 0 ? [] : ranked.sort(compareRank)
  return {
    buckets: [...buckets],
    groups: groups.map(({ key, row }) => ({ key: key.map(keyPart), ...rowResult(row, measure.kind) })),
    other:
      otherGroups === 0 || partial.other === undefined
        ? null
        : { groups: otherGroups, ...rowResult(partial.other, measure.kind) },
    overall: rowResult(partial.overall, measure.kind),
  }
}

function keyPart(value: Value | undefined): { value?: Value } {
  return value === undefined ? {} : { value }
}

function rowResult(row: CellRow, measure: Measure['kind']): RowResult {
  const { events } = row
  const counts = row.counts ?? []
  const users = row.users ?? []
  switch (measure) {
    case 'total':
      return { events, values: counts, total: events }
    case 'unique':
      return { events, values: users, total: row.usersTotal ?? 0 }
    case 'perUser': {
      const values = counts.map((count, bucket) => ratio(count, users[bucket]!))
      return { events, values, total: ratio(add(counts), row.usersTotal ?? 0) }
    }
    case 'sum': {
      const sums = row.sums ?? []
      return { events, values: sums.map(rounded), total: rounded(addSums(sums)) }
    }
    case 'average': {
      const sums = row.sums ?? []
      const numbers = row.numbers ?? []
      const values = sums.map((sum, bucket) => average(sum, numbers[bucket]!))
      return { events, values, total: average(addSums(sums), add(numbers)) }
    }
    case 'min':
    case 'max': {
      const values = row.extremes ?? []
      const known = values.filter((value) => value !== null)
      const total = known.length === 0 ? null : known.reduce((a, b) => (a < b === (measure === 'min') ? a : b))
      return { events, values, total }
    }
  }
}

function add(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0)
}

function ratio(count: number, of: number): number | null {
  return of === 0 ? null : count / of
}

/** A sum past the largest double is null. */
function rounded(sum: SumState): number | null {
  const value = roundSum(sum)
  return Number.isFinite(value) ? value : null
}

function average(sum: SumState, count: number): number | null {
  const value = rounded(sum)
  return value === null ? null : ratio(value, count)
}
