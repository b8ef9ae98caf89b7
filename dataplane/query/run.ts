/**
 * The door of the query engine: a document and views of shards in, an answer out (QRY-1).
 *
 * The answer is a function of the document and the views' offset vector. Nothing per user crosses
 * from one shard's part to the merge.
 */
import { type Answer, type AnsweredAt, answeredAt } from './answer.ts'
import { QueryContext, type QueryOptions } from './context.ts'
import type { Cost } from './cost.ts'
import type { ExportRow } from './export/row.ts'
import { type EventRows, rowsByEvent, runExport } from './export/run.ts'
import { type FunnelResult, runFunnel } from './funnel/run.ts'
import type { Shards } from './phases.ts'
import { invalid } from './request/invalid.ts'
import { parseRequest } from './request/parse.ts'
import { type RetentionResult, runRetention } from './retention/run.ts'
import { runSegmentation, type SegmentationResult } from './segmentation/run.ts'
import { type AggregateRequest, ViewShards } from './shard-query.ts'
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
  try {
    const result = await mergeShards(new ViewShards(views, request, context), request, context)
    return { result, at, pending: pendingOf(views), cost: context.cost.total() }
  } finally {
    context.memory.release()
  }
}

/** A stream of rows with what an answer says beside its result. Iterate once. */
export interface ExportAnswer extends AsyncIterable<ExportRow> {
  readonly at: AnsweredAt
  readonly pending: number
  /** Of the request. */
  readonly limit: number
  /** What it cost so far. */
  cost(): Cost
  /** The same rows by day and event name, for who merges shards; without the limit. Instead of iterating. */
  byEvent(): AsyncIterable<EventRows>
}

/** Answers an export document. Throws at once what is wrong with the document or the views, the rest while streaming. */
export function exportRows(views: readonly ShardView[], document: unknown, options: QueryOptions): ExportAnswer {
  const context = new QueryContext(options)
  const request = parseRequest(document)
  if (request.type !== 'export') invalid('type', request.type, '"export": other queries have one answer')
  const at = answeredAt(views)
  return {
    at,
    pending: pendingOf(views),
    limit: request.limit,
    cost: () => context.cost.total(),
    byEvent: () => rowsByEvent(views, request, context),
    [Symbol.asyncIterator]: () => runExport(views, request, context),
  }
}

function pendingOf(views: readonly ShardView[]): number {
  return views.reduce((sum, view) => sum + view.pending, 0)
}

/** The merge's half of a query: asks the shards until it has the answer. Throws what they throw, and `QUERY_TOO_LARGE`. */
export function mergeShards(shards: Shards, request: AggregateRequest, context: QueryContext): Promise<QueryResult> {
  switch (request.type) {
    case 'segmentation':
      return runSegmentation(shards, request, context)
    case 'funnel':
      return runFunnel(shards, request, context)
    case 'retention':
      return runRetention(shards, request, context)
  }
}
