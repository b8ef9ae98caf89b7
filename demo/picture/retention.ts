/**
 * A retention as a table of shares, shaded: a row a cohort, a column an interval. In plain text a block stands for the
 * shade. Intervals that begin after the last event are left blank: nobody can have come back yet.
 */
import type { RetentionQuery, RetentionResult } from '../../oracle/query.ts'
import { dateText, grouped } from './numbers.ts'
import type { Style } from './style.ts'

const cohortsMax = 10
const cellColumns = 5
const heads = { day: 'day', week: 'wk', month: 'mon' } as const
const lengthMs = { day: 86_400_000, week: 7 * 86_400_000, month: 30 * 86_400_000 } as const

export function retentionPicture(style: Style, query: RetentionQuery, { cohorts, overall }: RetentionResult): string {
  const { ink, columns } = style
  const born = cohorts.filter(({ users }) => users > 0)
  const largest = [...born].sort((a, b) => b.users - a.users || a.start - b.start).slice(0, cohortsMax)
  const shown = born.filter((cohort) => largest.includes(cohort))
  const number = Math.max(5, grouped(overall.users).length)
  const intervals = Math.min(query.count + 1, Math.floor((columns - 2 - 10 - 2 - number) / (cellColumns + 1)))
  const line = (label: string, users: string, cells: readonly string[]) =>
    `  ${label.padEnd(10)}  ${users.padStart(number)}${cells.map((cell) => ` ${cell}`).join('')}`.trimEnd()
  const cells = (row: { users: number; retained: readonly number[] }, last: number) =>
    row.retained.slice(0, intervals).map((users, interval) => cell(style, users / row.users, interval <= last))
  const head = line(
    query.unit,
    'users',
    Array.from({ length: intervals }, (_, interval) => `${heads[query.unit]} ${interval}`.padStart(cellColumns)),
  )
  const lastOf = (start: number) => Math.floor((Number(query.to) - 1 - start) / lengthMs[query.unit])
  const rows = shown.map((cohort) =>
    line(dateText(cohort.start), grouped(cohort.users), cells(cohort, lastOf(cohort.start))),
  )
  const oldest = lastOf(born[0]?.start ?? Number(query.to))
  const all = line('all', grouped(overall.users), overall.users === 0 ? [] : cells(overall, oldest))
  const left = born.length - shown.length
  const note = left === 0 ? [] : [`  ${ink.faint(`the ${shown.length} largest of ${born.length} cohorts`)}`]
  return [ink.faint(head), ...rows, all, ...note].join('\n')
}

function cell({ ink }: Style, share: number, isKnown: boolean): string {
  if (!isKnown && share === 0) return ' '.repeat(cellColumns)
  const text = `${Math.round(share * 100)}%`
  if (ink.colours) return ink.shade(text.padStart(cellColumns), share)
  return `${plainShade(share)}${text.padStart(cellColumns - 1)}`
}

function plainShade(share: number): string {
  if (share <= 0) return ' '
  return share < 0.25 ? '░' : share < 0.5 ? '▒' : share < 0.75 ? '▓' : '█'
}
