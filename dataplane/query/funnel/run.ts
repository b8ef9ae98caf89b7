/** A funnel over shards: users of different shards are disjoint, so counts add up. */
import type { QueryContext } from '../context.ts'
import type { Shards } from '../phases.ts'
import type { FunnelRequest } from '../request/request.ts'

export interface FunnelResult {
  /** Users of level 1 and above, 2 and above, … */
  readonly steps: readonly { readonly users: number }[]
}

export async function runFunnel(shards: Shards, request: FunnelRequest, context: QueryContext): Promise<FunnelResult> {
  const partials = await shards.ask({ kind: 'funnel' })
  context.cost.enter('merge')
  return {
    steps: request.steps.map((_, step) => ({
      users: partials.reduce((sum, partial) => sum + partial.users[step]!, 0),
    })),
  }
}
