/**
 * The door of the query engine: a document and views of shards in, an answer out (QRY-1).
 *
 * The answer is a function of the document and the views' offset vector. Nothing per user crosses
 * from one shard's part to the merge.
 */
import { type Answer, answeredAt } from './answer.ts'
import { QueryContext, type QueryOptions } from './context.ts'
import { type FunnelResult, runFunnel } from './funnel/run.ts'
import { invalid } from './request/invalid.ts'
import { parseRequest } from './request/parse.ts'
import type { FunnelRequest, RetentionRequest, SegmentationRequest } from './request/request.ts'
import { type RetentionResult, runRetention } from './retention/run.ts'
import { runSegmentation, type SegmentationResult } from './segmentation/run.ts'
import type { ShardView } from './view.ts'

export type QueryResult = SegmentationResult | FunnelResult | RetentionResult

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
  const result = await resultOf(views, request, context)
  const pending = views.reduce((sum, view) => sum + view.pending, 0)
  return { result, at, pending, cost: context.cost.total() }
}

function resultOf(
  views: readonly ShardView[],
  request: SegmentationRequest | FunnelRequest | RetentionRequest,
  context: QueryContext,
): Promise<QueryResult> {
  switch (request.type) {
    case 'segmentation':
      return runSegmentation(views, request, context)
    case 'funnel':
      return runFunnel(views, request, context)
    case 'retention':
      return runRetention(views, request, context)
  }
}
