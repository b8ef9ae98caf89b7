/** A segment's inspection as text: a summary, the columns by bytes, the slices. */
import { dayMs } from '../../dataplane/schema/event.ts'
import type { ColumnReport, SegmentReport, SliceReport } from '../../dataplane/storage/segment/inspect.ts'

export function renderReport(report: SegmentReport, { slicesMax }: { readonly slicesMax: number }): string {
  const { rows, maskedRows } = report
  const copies = maskedRows === 0 ? '' : ` (${count(maskedRows)} of them copies)`
  return [
    `${report.name} · format 1 · ${size(report.bytes)} · ${each(report.bytes, rows)} bytes an event`,
    `${count(rows)} events${copies} of ${count(report.users)} users in ${plural(report.projects, 'project')}`,
    `${plural(report.slices.length, 'slice')} · ${plural(report.eventNames, 'event name')} · ${plural(report.propertyNames, 'property', 'properties')}`,
    `digest ${report.digest}`,
    '',
    ...columnTable(report),
    '',
    ...sliceTable(report, slicesMax),
  ].join('\n')
}

function columnTable({ columns, bytes, rows }: SegmentReport): string[] {
  const widest = columns.reduce((most, column) => Math.max(most, column.bytes), 1)
  const lines = columns.map(
    (column): Row => [
      column.name,
      column.group,
      count(column.bytes),
      each(column.bytes, rows),
      `${((100 * column.bytes) / bytes).toFixed(1)} %`,
      '▇'.repeat(Math.round((12 * column.bytes) / widest)),
      count(column.columns),
      encodings(column),
    ],
  )
  const total: Row = ['total', '', count(bytes), each(bytes, rows), '100.0 %', '', '', '']
  return columnsOf(
    [['column', '', 'bytes', 'B/event', 'share', '', 'parts', 'encodings'], ...lines, total],
    [2, 3, 4, 6],
  )
}

/** The two most frequent encodings, with their share where there are others. */
function encodings({ encodings: all, columns }: ColumnReport): string {
  const shown = all.slice(0, 2).map(({ name, columns: parts }) => {
    return parts === columns ? name : `${name} (${Math.round((100 * parts) / columns)} %)`
  })
  return all.length > 2 ? `${shown.join('; ')}; …` : shown.join('; ')
}

function sliceTable({ slices }: SegmentReport, max: number): string[] {
  const lines = slices.slice(0, max).map(sliceRow)
  const header: Row = ['slice', 'day', 'events', 'copies', 'users', 'stripes', 'bytes', 'B/event', 'kind']
  const left = slices.length - lines.length
  return [...columnsOf([header, ...lines], [2, 3, 4, 6, 7]), ...(left > 0 ? [`… ${count(left)} more slices`] : [])]
}

function sliceRow({ entry, users, ownStripes, restNames, tight }: SliceReport): Row {
  const bytes = entry.end - entry.start
  return [
    entry.project,
    new Date(entry.day * dayMs).toISOString().slice(0, 10),
    count(entry.rows),
    count(entry.maskedRows),
    count(users),
    restNames === 0 ? String(ownStripes) : `${ownStripes} and a rest of ${restNames} names`,
    count(bytes),
    each(bytes, entry.rows),
    tight ? 'tight' : 'loose',
  ]
}

type Row = readonly string[]

/** Pads cells to the widest of their column; those of `right` to the right. */
function columnsOf(rows: readonly Row[], right: readonly number[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, column) => (right.includes(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd(),
  )
}

function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`
}

const count = (value: number) => value.toLocaleString('en')

function each(bytes: number, rows: number): string {
  return rows === 0 ? '–' : (bytes / rows).toFixed(2)
}

function size(bytes: number): string {
  const unit = bytes >= 1e6 ? 'MB' : 'kB'
  return `${(bytes / (unit === 'MB' ? 1e6 : 1e3)).toFixed(1)} ${unit}`
}
