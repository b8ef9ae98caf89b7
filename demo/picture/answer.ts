/** An answer as a terminal shows it: title, picture, and whether the oracle says the same. */
import type {
  FunnelQuery,
  FunnelResult,
  Query,
  Result,
  RetentionQuery,
  RetentionResult,
  SegmentationQuery,
  SegmentationResult,
} from '../../oracle/query.ts'
import { funnelPicture } from './funnel.ts'
import { durationText, grouped } from './numbers.ts'
import { retentionPicture } from './retention.ts'
import { segmentationPicture } from './segmentation.ts'
import type { Style } from './style.ts'
import { shortened } from './width.ts'

export interface Drawable {
  readonly question: { readonly title: string; readonly query: Query }
  readonly answer: { readonly result: unknown; readonly cost: Readonly<Record<string, number>> }
  readonly difference: string | undefined
  readonly ms: number
}

export function answerPicture(style: Style, { question, answer, difference, ms }: Drawable): string {
  const { ink, columns } = style
  const rows = answer.cost.rowsScanned
  const cost = ` · ${durationText(ms)}${rows === undefined ? '' : ` · ${grouped(rows)} rows read`}`
  const equal = '✓ equal to the oracle'
  const verdict =
    difference === undefined
      ? `${ink.good(equal)}${ink.faint(shortened(cost, columns - equal.length - 2))}`
      : ink.bad(`✗ NOT equal to the oracle: ${difference}`)
  const title = ink.strong(shortened(question.title, columns))
  return [title, drawn(style, question.query, answer.result as Result), `  ${verdict}`].join('\n')
}

function drawn(style: Style, query: Query, result: Result): string {
  switch (query.type) {
    case 'segmentation':
      return segmentationPicture(style, query as SegmentationQuery, result as SegmentationResult)
    case 'funnel':
      return funnelPicture(style, query as FunnelQuery, result as FunnelResult)
    case 'retention':
      return retentionPicture(style, query as RetentionQuery, result as RetentionResult)
    case 'export':
      return JSON.stringify(result)
  }
}
