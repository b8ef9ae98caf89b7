/**
 * The door of the query engine: a document and views of shards in, an answer out (QRY-1).
 *
 * The answer is a function of the document and the views' offset vector. Nothing per user crosses
 * from one shard's part to the merge.
 */
import { type Answer, answeredAt } from './answer.ts'
import { QueryContext, type QueryOptions } from './context.ts'
import { invalid } from './request/invalid.ts'
import { parseRequest } from './request/parse.ts'
import { runSegmentation, type SegmentationResult } from './segmentation/run.ts'
import type { ShardView } from './view.ts'

export type QueryResult = SegmentationResult

/**
 * Answers a query document. Throws `UserError` (`QUERY_INVALID`, `QUERY_TOO_LARGE`,
 * `QUERY_CANCELLED`), `CorruptError` where a segment is damaged, and `UnavailableError`
 * (`OFFSET_UNAVAILABLE`) when the views are not of one moment.
 */
export async function runQuery(
  views: readonly ShardView[],
  document: unknown,
  options: QueryOptions,
): Promise<Answer<QueryResult>> {
  const context = new QueryContext(options)
  const request = parseRequest(document)
  if (request.type === 'export') invalid('type', request.type, 'a query with one answer; an export is streamed')
  const at = answeredAt(views)
  const result = await runSegmentation(views, request as never, context)
  const pending = views.reduce((sum, view) => sum + view.pending, 0)
  return { result, at, pending, cost: context.cost.total() }
}
