/** A query document to the engine, its answer in the words of the oracle: an export as the list of its rows. */
import { exportRows, runQuery } from '../../dataplane/query/run.ts'
import type { ShardView } from '../../dataplane/query/view.ts'
import { realClock } from '../../dataplane/runtime/clock.ts'
import type { ExportLine, Query, Result } from '../../oracle/query.ts'

/** Throws when rows are still undecided: the answer would be right and yet not the oracle's. */
export async function ask(views: readonly ShardView[], query: Query): Promise<Result> {
  const options = { clock: realClock }
  if (query.type === 'export') {
    const rows: ExportLine[] = []
    const stream = exportRows(views, query, options)
    for await (const row of stream) rows.push(row as ExportLine)
    return decided(stream.pending, rows)
  }
  const { pending, result } = await runQuery(views, query, options)
  return decided(pending, result as unknown as Result)
}

function decided(pending: number, result: Result): Result {
  if (pending !== 0) throw new Error(`the answer leaves out ${pending} pending rows`)
  return result
}
