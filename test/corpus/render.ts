/**
 * Answers as lines of text, nothing left out:
 *
 *     segmentation   buckets 2026-01-05T00:00Z 2026-01-06T00:00Z
 *                    all | 7 | 3 4 | 7                 events | a value per bucket | total
 *                    "DE" (missing) | 5 | 2 3 | 5      a line per group, a key per breakdown
 *                    other 12 | 1 | 1 0 | 1            how many groups are left over
 *     funnel         users 120 40
 *     retention      cohort 2026-01-05T00:00Z | 10 | 3 2 1
 *                    all | 10 | 3 2 1
 *     export         A u1 2026-01-05T13:00Z #e1 {"k":1} duplicate
 *                    (none)                            when there is no event
 */
import { compareText } from '../../oracle/canonical.ts'
import type { Json } from '../../oracle/event.ts'
import type { ExportLine, Result, Row } from '../../oracle/query.ts'

export function render(result: Result): string[] {
  if (Array.isArray(result)) return result.length === 0 ? ['(none)'] : (result as ExportLine[]).map(renderLine)
  if ('steps' in result) return [`users ${result.steps.map((step) => step.users).join(' ')}`]
  if ('cohorts' in result) {
    const line = (cohort: { users: number; retained: number[] }) => `| ${cohort.users} | ${cohort.retained.join(' ')}`
    return [
      ...result.cohorts.map((cohort) => `cohort ${renderTime(cohort.start)} ${line(cohort)}`),
      `all ${line(result.overall)}`,
    ]
  }
  const { buckets, groups, other, overall } = result as Exclude<
    Result,
    ExportLine[] | { steps: unknown } | { cohorts: unknown }
  >
  return [
    `buckets ${buckets.map(renderTime).join(' ')}`,
    `all ${renderRow(overall)}`,
    ...groups.map((group) => `${group.key.map(renderKey).join(' ')} ${renderRow(group)}`),
    ...(other === null ? [] : [`other ${other.groups} ${renderRow(other)}`]),
  ]
}

function renderRow(row: Row): string {
  return `| ${row.events} | ${row.values.map(String).join(' ')} | ${row.total}`
}

function renderKey(part: { value?: Json }): string {
  return part.value === undefined ? '(missing)' : renderValue(part.value)
}

/** JSON with keys in the order of their bytes and -0 told apart, so that equal text means equal values. */
function renderValue(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(renderValue).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).sort(([a], [b]) => compareText(a, b))
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${renderValue(item)}`).join(',')}}`
  }
  return Object.is(value, -0) ? '-0' : JSON.stringify(value)
}

function renderLine(line: ExportLine): string {
  const words = [renderName(line.event), line.distinct_id === '' ? '-' : renderName(line.distinct_id)]
  words.push(renderTime(line.time), `#${line.insert_id}`)
  if (Object.keys(line.properties).length > 0) words.push(renderValue(line.properties))
  if (line.duplicate === true) words.push('duplicate')
  return words.join(' ')
}

function renderName(name: string): string {
  return /^[^\s"#-]\S*$/.test(name) ? name : JSON.stringify(name)
}

/** ISO 8601 in UTC without trailing zeros of seconds. */
export function renderTime(time: number): string {
  return new Date(time).toISOString().replace(/(:\d\d)(:00)?\.000Z$/, '$1Z')
}
