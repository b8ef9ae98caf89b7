/**
 * All shards of one routing map at one offset vector, asked over the network (QRY-1).
 *
 * Pinning asks one replica of each shard how far it is; from then on every call carries the vector, so that
 * any replica gives the same answer: hedges and retries are free to choose. Where shards share a partition
 * the further offset counts, and the other replica waits until it is there.
 *
 * Does not: merge, or start over when the vector is no longer kept; `answer.ts` does.
 */
import { corrupt, UnavailableError, unavailable } from '../../../common/errors/errors.ts'
import type { Clock } from '../../core/ports.ts'
import type { QueryContext } from '../../query/context.ts'
import { type MessageLimits, readPartial, writePartialMessage } from '../../query/messages.ts'
import type { Partials, Phase, PhaseOf, Shards } from '../../query/phases.ts'
import type { RoutingMap, RoutingShard } from '../../routing/map.ts'
import type { PartialReply } from '../../rpc/query-service.ts'
import type { OffsetVector } from '../../schema/event.ts'
import { type HedgeOptions, hedged } from './hedged.ts'
import { judge } from './judge.ts'
import type { Latencies } from './latencies.ts'
import type { QueryMetrics } from './metrics.ts'
import type { Replica, Replicas } from './replicas.ts'

export interface FanOut {
  readonly clock: Clock
  readonly replicas: Replicas
  readonly metrics: QueryMetrics
}

/** The bounds of one query. */
export interface QueryBounds {
  /** Aborted when the client leaves and at the deadline. */
  readonly signal: AbortSignal
  /** Monotonic ms. */
  readonly deadlineMs: number
}

/** Pause before all replicas of a shard are asked again. */
const retryPauseMs = 50
/** The replica gives up a little after its caller did. */
const graceMs = 250

interface PinnedShard {
  readonly shard: RoutingShard
  /** The one that said how far it is: it can answer at once. */
  readonly first: Replica
}

/** Throws `UnavailableError`: `OFFSET_UNAVAILABLE` when no replica can reach the minimum, `SHARD_UNAVAILABLE`, `ROUTING_STALE`. */
export async function pinShards(
  fan: FanOut,
  map: RoutingMap,
  { minimum, ...bounds }: QueryBounds & { readonly minimum: OffsetVector | undefined },
): Promise<{ readonly shards: readonly PinnedShard[]; readonly at: OffsetVector }> {
  const pins = await together(bounds.signal, map.shards, (shard, signal) =>
    ask(fan, shard, {
      signal,
      first: undefined,
      latencies: fan.replicas.latencies.pin,
      call: async (replica, signal) => ({
        first: replica,
        at: await replica.remote.pin(
          { cluster: map.cluster, shard: shard.id, routingEpoch: map.routingEpoch, minimum },
          { timeoutMs: timeLeft(fan, bounds), signal },
        ),
      }),
    }),
  )
  const next = new Map<number, number>()
  for (const { at } of pins) {
    if (at.generation !== map.generation) {
      unavailable('ROUTING_STALE', `a shard is at log generation ${at.generation}, the map at ${map.generation}`)
    }
    for (const [partition, offset] of at.next) next.set(partition, Math.max(offset, next.get(partition) ?? 0))
  }
  const shards = pins.map(({ first }, i) => ({ shard: map.shards[i]!, first }))
  return { shards, at: { generation: map.generation, next } }
}

export interface PinnedOptions {
  readonly map: RoutingMap
  readonly shards: readonly PinnedShard[]
  readonly at: OffsetVector
  readonly bounds: QueryBounds
  readonly document: unknown
  readonly limits: MessageLimits
  /** What the shards' parts cost is added here. */
  readonly context: QueryContext
}

export class PinnedShards implements Shards {
  readonly #fan: FanOut
  readonly #options: PinnedOptions
  #pending: readonly number[] = []

  constructor(fan: FanOut, options: PinnedOptions) {
    this.#fan = fan
    this.#options = options
  }

  /** Rows that the shards left out. */
  get pending(): number {
    return this.#pending.reduce((sum, rows) => sum + rows, 0)
  }

  async ask<Kind extends Phase['kind']>(phase: PhaseOf<Kind>): Promise<Partials[Kind][]> {
    const { map, at, bounds, document, limits, context, shards } = this.#options
    const request = writePartialMessage({ query: document, phase, limits })
    const replies = await together(bounds.signal, shards, ({ shard, first }, signal) =>
      ask<PartialReply>(this.#fan, shard, {
        signal,
        first,
        latencies: this.#fan.replicas.latencies.partial,
        call: (replica, signal) =>
          replica.remote.partial(
            { cluster: map.cluster, shard: shard.id, routingEpoch: map.routingEpoch, at, request },
            { timeoutMs: timeLeft(this.#fan, bounds), signal },
          ),
      }),
    )
    for (const [i, reply] of replies.entries()) checkVector(shards[i]!.shard.id, reply.at, at)
    this.#pending = replies.map(({ pending }) => pending)
    context.cost.enter('merge')
    const partials = replies.map((reply, i) => {
      const { partial, cost } = readPartial(phase, reply.partial, `partial of shard ${shards[i]!.shard.id}`)
      context.cost.add(cost)
      return partial
    })
    context.check()
    return partials
  }
}

export interface Question<Answer> {
  readonly signal: AbortSignal
  /** Asked first, if it is still there. */
  readonly first: Replica | undefined
  readonly latencies: Latencies
  call(replica: Replica, signal: AbortSignal): Promise<Answer>
}

/** One answer of one shard, from whichever replica. */
export async function ask<Answer>(
  { clock, replicas, metrics }: FanOut,
  shard: RoutingShard,
  { signal, first, latencies, call }: Question<Answer>,
): Promise<Answer> {
  if (shard.replicas.length === 0) unavailable('SHARD_UNAVAILABLE', `shard ${shard.id} has no replica yet`)
  replicas.hedges.earn()
  let last: unknown
  let isFirstRound = true
  const options: HedgeOptions<Replica, Answer> = {
    clock,
    signal,
    targets() {
      const order = replicas.of(shard)
      if (first === undefined || !isFirstRound || first.avoidUntilMs > clock.monotonic()) return order
      isFirstRound = false
      return [first, ...order.filter((replica) => replica !== first)]
    },
    call: (replica, signal) =>
      replica.use(clock, signal, async () => {
        const started = clock.monotonic()
        const answer = await call(replica, signal)
        latencies.add(clock.monotonic() - started)
        return answer
      }),
    judge(error) {
      last = error
      return judge(error)
    },
    hedgeAfterMs: () => latencies.slowMs,
    pauseMs: retryPauseMs,
    mayHedge() {
      const may = replicas.hedges.spend()
      if (may) metrics.hedges.inc()
      return may
    },
  }
  try {
    return await hedged(options)
  } catch (error) {
    // The deadline is the reason, but what kept the shard from answering is what helps.
    if (!signal.aborted || !(last instanceof UnavailableError)) throw error
    throw new UnavailableError('SHARD_UNAVAILABLE', `shard ${shard.id}: no replica answered in time; ${last.message}`)
  }
}

/** All at once; when one fails the others are cancelled. */
async function together<Item, Answer>(
  signal: AbortSignal,
  items: readonly Item[],
  each: (item: Item, signal: AbortSignal) => Promise<Answer>,
): Promise<Answer[]> {
  const failed = new AbortController()
  const both = AbortSignal.any([signal, failed.signal])
  try {
    return await Promise.all(items.map((item) => each(item, both)))
  } finally {
    failed.abort(new Error('another shard failed'))
  }
}

/** A replica answers at the vector that it was asked for, in its partitions. Anything else is of another moment. */
function checkVector(shard: string, got: OffsetVector, want: OffsetVector): void {
  const wrong = [...got.next].find(([partition, offset]) => want.next.get(partition) !== offset)
  if (wrong === undefined && got.generation === want.generation) return
  const [partition = 0, offset = 0] = wrong ?? []
  corrupt({
    code: 'MESSAGE_CORRUPT',
    object: `partial of shard ${shard}`,
    what: `offset of partition ${partition} in generation ${got.generation}`,
    got: offset,
    want: `${want.next.get(partition)} in generation ${want.generation}`,
  })
}

function timeLeft({ clock }: FanOut, { deadlineMs }: QueryBounds): number {
  return Math.max(1, deadlineMs - clock.monotonic()) + graceMs
}
