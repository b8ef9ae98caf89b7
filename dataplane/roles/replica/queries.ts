/**
 * What a replica answers to query pods: the vector it has applied, partials and exports at exactly a vector (QRY-1).
 *
 * A call at a vector waits until it is applied and decided; how long is the caller's deadline. A replica that
 * loses its readiness while it computes throws instead of answering (AUD-1).
 */
import { CorruptError, UnavailableError } from '../../../common/errors/errors.ts'
import type { ExportChunk } from '../../../proto/generated/anabranch/v1/query.ts'
import type { Clock } from '../../core/ports.ts'
import { QueryContext } from '../../query/context.ts'
import { chunksOf } from '../../query/export/chunks.ts'
import { lineFormat, readExportMessage, readPartialMessage, writePartial } from '../../query/messages.ts'
import { invalid } from '../../query/request/invalid.ts'
import { parseRequest } from '../../query/request/parse.ts'
import { exportRows } from '../../query/run.ts'
import { ShardQuery } from '../../query/shard-query.ts'
import type { ShardView } from '../../query/view.ts'
import type { RoutingHolder } from '../../routing/holder.ts'
import type { PartialCall, PartialReply, QueryHandlers, ShardCall } from '../../rpc/query-service.ts'
import type { ReplicaHost } from './host.ts'
import type { ReplicaMetrics } from './metrics.ts'
import { Turnstile } from './turnstile.ts'

export interface ReplicaQueriesOptions {
  readonly host: ReplicaHost
  readonly routing: RoutingHolder
  readonly clock: Clock
  readonly metrics: ReplicaMetrics
  /** A query that runs longer is cancelled, whatever its caller says. */
  readonly queryDeadlineMs: number
  readonly exportDeadlineMs: number
  /** Queries that run at a time. */
  readonly queriesAtOnce: number
  /** Told which object a query found damaged: the copy on the local volume may be at fault. */
  damaged(object: string): void
}

/** A query gives way to other work of the process after so long. */
const turnMs = 20

export class ReplicaQueries implements QueryHandlers {
  readonly #options: ReplicaQueriesOptions
  readonly #turnstile: Turnstile

  constructor(options: ReplicaQueriesOptions) {
    this.#options = options
    this.#turnstile = new Turnstile(options.queriesAtOnce)
  }

  async pin(call: Parameters<QueryHandlers['pin']>[0], signal: AbortSignal) {
    this.#check(call)
    const shard = this.#options.host.serving()
    if (call.minimum !== undefined) await shard.waitFor(call.minimum, signal)
    return shard.applied
  }

  async partial(call: PartialCall, signal: AbortSignal): Promise<PartialReply> {
    const { clock, metrics } = this.#options
    const started = clock.monotonic()
    try {
      const reply = await this.#partial(call, signal)
      metrics.queries.inc({ outcome: 'ok' })
      return reply
    } catch (error) {
      metrics.queries.inc({ outcome: (error as { code?: string }).code ?? 'INTERNAL' })
      if (error instanceof CorruptError) this.#options.damaged(error.object)
      throw error
    } finally {
      metrics.queryDuration.observe((clock.monotonic() - started) / 1000)
    }
  }

  async #partial(call: PartialCall, signal: AbortSignal): Promise<PartialReply> {
    this.#check(call)
    const { query, phase, limits } = readPartialMessage(call.request, `request to shard ${call.shard}`)
    const request = parseRequest(query)
    if (request.type === 'export')
      return invalid('type', request.type, 'a query with one answer; an export is streamed')
    // Waiting for the vector takes no place: nothing is held yet.
    await this.#reached(call, signal)
    const shard = this.#options.host.serving()
    const reply = await this.#turnstile.run(request.project, signal, async () => {
      const view = await this.#view(call, signal)
      const { clock, queryDeadlineMs: deadlineMs } = this.#options
      const context = new QueryContext({ clock, signal, limits: { ...limits, deadlineMs }, turn: this.#turns() })
      const partial = await new ShardQuery(view, request, context).answer(phase)
      const bytes = writePartial(phase, { partial, cost: context.cost.total() })
      return { partial: bytes, at: view.at, pending: view.pending }
    })
    // An answer of a replica that became another meanwhile is none.
    return this.#options.host.serving() === shard ? reply : lost(call)
  }

  async *export(call: PartialCall, signal: AbortSignal): AsyncGenerator<ExportChunk> {
    this.#check(call)
    const { query, form, skip, limits } = readExportMessage(call.request, `request to shard ${call.shard}`)
    const shard = this.#options.host.serving()
    const view = await this.#view(call, signal)
    const { clock, exportDeadlineMs: deadlineMs } = this.#options
    const rows = exportRows([view], query, {
      clock,
      signal,
      limits: { ...limits, deadlineMs },
      turn: this.#turns(),
    })
    yield { lines: Buffer.alloc(0), day: 0, event: '', hashes: [], lengths: [], pending: view.pending }
    const chunks = chunksOf(rows.byEvent(), { format: lineFormat(form), skip, limit: rows.limit })
    for await (const { lines, day, event, hashes, lengths } of chunks) {
      if (this.#options.host.serving() !== shard) lost(call)
      yield { lines, day, event, hashes: [...hashes], lengths: [...lengths], pending: 0 }
    }
  }

  #check({ cluster, shard, routingEpoch }: ShardCall): void {
    const { host, routing } = this.#options
    const own = routing.map.cluster
    if (cluster !== own) {
      // The caller's other replicas may well be its own.
      const what = `got a request for shard ${shard} of cluster ${cluster || '(none)'} at a replica of cluster ${own}`
      throw new UnavailableError('REPLICA_NOT_READY', what)
    }
    if (shard !== host.id) {
      throw new UnavailableError('ROUTING_STALE', `got a request for shard ${shard} at a replica of ${host.id}`)
    }
    routing.check(shard, routingEpoch)
  }

  /** Resolves when everything before the vector is applied and decided. */
  async #reached(call: PartialCall, signal: AbortSignal): Promise<void> {
    this.#check(call)
    const shard = this.#options.host.serving()
    await shard.waitFor(call.at, signal)
    await shard.settled(call.at, signal)
  }

  async #view(call: PartialCall, signal: AbortSignal): Promise<ShardView> {
    await this.#reached(call, signal)
    return this.#options.host.serving().view(call.at)
  }

  #turns(): () => Promise<void> {
    const { clock } = this.#options
    let since = clock.monotonic()
    return async () => {
      if (clock.monotonic() - since < turnMs) return
      await clock.sleep(0)
      since = clock.monotonic()
    }
  }
}

function lost({ shard }: ShardCall): never {
  throw new UnavailableError('REPLICA_NOT_READY', `shard ${shard} was opened anew while the query ran`)
}
