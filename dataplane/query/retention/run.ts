/** A retention over shards: users of different shards are disjoint, so cohorts add up. */
import type { QueryContext } from '../context.ts'
import type { Shards } from '../phases.ts'
import type { RetentionRequest } from '../request/request.ts'
import { addCohorts, type CohortPartial } from './shard.ts'

export interface RetentionResult {
  /** One per local unit of the range, empty ones too; `start` in ms. */
  readonly cohorts: readonly (CohortPartial & { readonly start: number })[]
  readonly overall: CohortPartial
}

export async function runRetention(
  shards: Shards,
  request: RetentionRequest,
  context: QueryContext,
): Promise<RetentionResult> {
  const partials = await shards.ask({ kind: 'retention' })
  context.cost.enter('merge')
  const cohorts = addCohorts(request, partials)
  return {
    cohorts: cohorts.map((cohort, i) => ({ start: request.cohorts[i]!, ...cohort })),
    overall: {
      users: cohorts.reduce((sum, cohort) => sum + cohort.users, 0),
      retained: Array.from({ length: request.count + 1 }, (_, i) =>
        cohorts.reduce((sum, cohort) => sum + cohort.retained[i]!, 0),
      ),
    },
  }
}
