/** A funnel over shards: users of different shards are disjoint, so counts add up. */
import type { QueryContext } from '../context.ts'
import type { FunnelRequest } from '../request/request.ts'
import type { ShardView } from '../view.ts'
import { type FunnelPartial, funnelOfShard } from './shard.ts'

export interface FunnelResult {
  /** Users of level 1 and above, 2 and above, … */
  readonly steps: readonly { readonly users: number }[]
}

export async function runFunnel(
  views: readonly ShardView[],
  request: FunnelRequest,
  context: QueryContext,
): Promise<FunnelResult> {
  const partials: FunnelPartial[] = []
  for (const view of views) partials.push(await funnelOfShard(view, request, context))
  context.cost.enter('merge')
  return {
    steps: request.steps.map((_, step) => ({
      users: partials.reduce((sum, partial) => sum + partial.users[step]!, 0),
    })),
  }
}
