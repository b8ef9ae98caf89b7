/** A funnel: a bar for each step, what goes on and what stops between them. */
import type { FunnelQuery, FunnelResult } from '../../oracle/query.ts'
import { barOf } from './blocks.ts'
import { grouped, percent } from './numbers.ts'
import type { Style } from './style.ts'
import { fitted, shortened, widthOf } from './width.ts'

const labelMax = 26
const shareColumns = 7

export function funnelPicture({ ink, columns }: Style, query: FunnelQuery, { steps }: FunnelResult): string {
  const names = query.steps.map(({ events }, index) => `${index + 1} ${events?.join(' or ') ?? 'anything'}`)
  const label = Math.min(labelMax, columns >> 2, Math.max(...names.map(widthOf)))
  const entered = steps[0]?.users ?? 0
  const number = grouped(entered).length
  const bar = columns - label - number - shareColumns - 8
  return steps
    .flatMap(({ users }, index) => {
      const blocks = barOf(entered === 0 ? 0 : users / entered, bar)
      const line = `  ${fitted(names[index]!, label)}  ${ink.bar(blocks, index)}${' '.repeat(bar - blocks.length)} ${grouped(users).padStart(number)}  ${percent(users, entered).padStart(shareColumns)}`
      const before = steps[index - 1]?.users
      if (before === undefined) return [line]
      const between = `↓ ${percent(users, before)} go on, ${grouped(before - users)} stop`
      return [`  ${' '.repeat(label)}  ${ink.faint(shortened(between, columns - label - 4))}`, line]
    })
    .join('\n')
}
