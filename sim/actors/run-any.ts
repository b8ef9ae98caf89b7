/** Runs a query of any type to its end: an export's rows become a list. */
import type { QueryOptions } from '../../dataplane/query/context.ts'
import type { ExportRow } from '../../dataplane/query/export/row.ts'
import { exportRows, runQuery } from '../../dataplane/query/run.ts'
import type { ShardView } from '../../dataplane/query/view.ts'
import type { Query, Result } from '../../oracle/query.ts'

export async function runAny(views: readonly ShardView[], query: Query, options: QueryOptions): Promise<Result> {
  if (query.type === 'export') {
    const lines: ExportRow[] = []
    for await (const row of exportRows(views, query, options)) lines.push(row)
    return lines as Result
  }
  const { result } = await runQuery(views, query, options)
  return result as unknown as Result
}
