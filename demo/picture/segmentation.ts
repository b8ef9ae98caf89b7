/** A segmentation as bars, with a sparkline of its buckets where it has more than one. */
import type { SegmentationQuery, SegmentationResult } from '../../oracle/query.ts'
import { barOf, sparkline } from './blocks.ts'
import { dateText, grouped, valueText } from './numbers.ts'
import type { Style } from './style.ts'
import { fitted, shortened, widthOf } from './width.ts'

const labelMax = 26
const sparkMax = 31

interface Line {
  readonly label: string
  readonly total: number
  readonly values: readonly number[]
}

export function segmentationPicture(
  { ink, columns }: Style,
  query: SegmentationQuery,
  { buckets, groups, other, overall }: SegmentationResult,
): string {
  // The answer ranks by events; bars are read by their length.
  const lines = groups
    .map((group) => lineOf(group.key.map(valueText).join(' · '), group))
    .sort((a, b) => b.total - a.total)
  if (other !== null) lines.push(lineOf(`${grouped(other.groups)} more`, other))
  const label = Math.min(labelMax, columns >> 2, Math.max(...lines.map((line) => widthOf(line.label)), 3))
  const number = Math.max(...lines.map(({ total }) => grouped(total).length), grouped(overall.total ?? 0).length)
  const spark = buckets.length > 1 ? Math.min(sparkMax, buckets.length, Math.max(0, columns - label - number - 20)) : 0
  const bar = columns - label - number - spark - (spark > 0 ? 8 : 6)
  const most = Math.max(1, ...groups.map(({ total }) => total ?? 0))
  const row = ({ label: name, total, values }: Line, blocks: string) => {
    const line = `  ${fitted(name, label)}  ${blocks} ${grouped(total).padStart(number)}`
    return spark === 0 ? line : `${line}  ${ink.faint(sparkline(values, spark))}`.trimEnd()
  }
  const drawn = lines.map((line, index) => {
    const blocks = barOf(line.total / most, bar)
    const fill = ' '.repeat(bar - blocks.length)
    // What is left over may be more than all that is shown: paler, and cut, so that the others can be compared.
    if (index >= groups.length) return row(line, ink.faint('░'.repeat(blocks.length)) + fill)
    return row(line, ink.bar(blocks, index) + fill)
  })
  const all = row(lineOf('all', overall), ' '.repeat(bar))
  const range = `${dateText(Number(query.from))} to ${dateText(Number(query.to) - 1)}`
  const axis = spark === 0 ? range : `${range}; one block is ${blockText(buckets.length, spark, query.unit!)}`
  return [...drawn, all, `  ${ink.faint(shortened(axis, columns - 2))}`].join('\n')
}

function lineOf(
  label: string,
  row: { readonly total: number | null; readonly values: readonly (number | null)[] },
): Line {
  return { label, total: row.total ?? 0, values: row.values.map((value) => value ?? 0) }
}

function blockText(buckets: number, columns: number, unit: string): string {
  const each = Math.round(buckets / columns)
  return each <= 1 ? `a ${unit}`.replace('a hour', 'an hour') : `about ${each} ${unit}s`
}
