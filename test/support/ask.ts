/** A query document to the engine, its answer in the words of the oracle: export rows as a list. */
import { runQuery } from '../../dataplane/query/run.ts'
import type { ShardView } from '../../dataplane/query/view.ts'
import { realClock } from '../../dataplane/runtime/clock.ts'
import type { Query, Result } from '../../oracle/query.ts'

export async function ask(views: readonly ShardView[], query: Query): Promise<Result> {
  const answer = await runQuery(views, query, { clock: realClock })
  if (answer.pending !== 0) throw new Error(`the answer leaves out ${answer.pending} pending rows`)
  return answer.result as unknown as Result
}
