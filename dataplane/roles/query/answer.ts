/**
 * One query from document to answer over all shards (QRY-1): pin, ask, merge; over again with another vector
 * when the map changed meanwhile or the vector is no longer kept, inside one deadline.
 */
import { UserError } from '../../../common/errors/errors.ts'
import type { Clock } from '../../core/ports.ts'
import type { Answer } from '../../query/answer.ts'
import { QueryContext } from '../../query/context.ts'
import type { MessageLimits } from '../../query/messages.ts'
import { mergeShards, type QueryResult } from '../../query/run.ts'
import type { AggregateRequest } from '../../query/shard-query.ts'
import type { RoutingHolder } from '../../routing/holder.ts'
import type { OffsetVector } from '../../schema/event.ts'
import { isStaleMap, isStaleVector } from './judge.ts'
import { type FanOut, PinnedShards, pinShards, type QueryBounds } from './pinned-shards.ts'

export interface AskedQuery {
  /** As sent to the replicas, which parse it anew. */
  readonly document: unknown
  readonly request: AggregateRequest
  readonly minimum: OffsetVector | undefined
  readonly limits: MessageLimits
  /** Told how many bytes the shards read, also when the query fails later. */
  scanned(bytes: number): void
}

/** Pause before a query starts over: the map that is newer is on its way. */
const restartPauseMs = 50

/** Throws `UserError`, `CorruptError`, `UnavailableError` (`SHARD_UNAVAILABLE`, `OFFSET_UNAVAILABLE`). */
export async function answerQuery(
  fan: FanOut,
  routing: RoutingHolder,
  query: AskedQuery & { readonly bounds: QueryBounds },
): Promise<Answer<QueryResult>> {
  const { bounds } = query
  let stale: unknown
  for (;;) {
    const { map } = routing
    let isPinned = false
    const context = contextOf(fan.clock, query)
    try {
      const pinned = await pinShards(fan, map, { ...bounds, minimum: query.minimum })
      isPinned = true
      stale = undefined
      const shards = new PinnedShards(fan, { ...query, ...pinned, map, context })
      const result = await mergeShards(shards, query.request, context)
      return { result, at: answeredAt(pinned.at), pending: shards.pending, cost: context.cost.total() }
    } catch (error) {
      // A minimum that no replica can reach stays out of reach: a vector is tried anew only after the pin.
      // At the deadline, why it had to start over says more than that the time is over.
      if (bounds.signal.aborted) throw stale ?? error
      if (!isStaleMap(error) && !(isPinned && isStaleVector(error))) throw error
      stale = error
      fan.metrics.repins.inc()
      await fan.clock.sleep(restartPauseMs, bounds.signal).catch(() => undefined)
    } finally {
      fan.metrics.scannedBytes.inc(context.cost.bytesRead)
      query.scanned(context.cost.bytesRead)
    }
  }
}

function contextOf(clock: Clock, { bounds, limits }: AskedQuery & { readonly bounds: QueryBounds }): QueryContext {
  const deadlineMs = Math.max(0, bounds.deadlineMs - clock.monotonic())
  return new QueryContext({ clock, signal: bounds.signal, limits: { ...limits, deadlineMs } })
}

export function answeredAt({ generation, next }: OffsetVector): Answer['at'] {
  return { generation, next: Object.fromEntries([...next].sort(([a], [b]) => a - b)) }
}

/** Runs `act` with a signal that aborts with the client's and at the deadline. */
export async function withDeadline<Result>(
  clock: Clock,
  { signal, deadlineMs }: { readonly signal: AbortSignal; readonly deadlineMs: number },
  act: (bounds: QueryBounds) => Promise<Result>,
): Promise<Result> {
  const late = new AbortController()
  const done = new AbortController()
  const until = clock.monotonic() + deadlineMs
  clock.sleep(deadlineMs, done.signal).then(
    () => late.abort(deadlinePassed(deadlineMs)),
    () => undefined,
  )
  try {
    return await act({ signal: AbortSignal.any([signal, late.signal]), deadlineMs: until })
  } finally {
    done.abort()
  }
}

function deadlinePassed(deadlineMs: number): UserError {
  const message = `the query ran past its deadline of ${deadlineMs} ms`
  return new UserError('QUERY_CANCELLED', message, { status: 408 })
}
