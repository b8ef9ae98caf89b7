/**
 * The shard's half of a query: a view and a request in, partials out, phase by phase. What a phase opened
 * serves the next ones.
 */
import type { QueryContext } from './context.ts'
import { funnelOfShard } from './funnel/shard.ts'
import type { Partials, Phase, PhaseOf, Shards } from './phases.ts'
import { invalid } from './request/invalid.ts'
import type { FunnelRequest, RetentionRequest, SegmentationRequest } from './request/request.ts'
import { retentionOfShard } from './retention/shard.ts'
import { ShardSegmentation } from './segmentation/shard.ts'
import type { ShardView } from './view.ts'

export type AggregateRequest = SegmentationRequest | FunnelRequest | RetentionRequest

export class ShardQuery {
  readonly #view: ShardView
  readonly #request: AggregateRequest
  readonly #context: QueryContext
  #segmentation: Promise<ShardSegmentation> | undefined

  constructor(view: ShardView, request: AggregateRequest, context: QueryContext) {
    this.#view = view
    this.#request = request
    this.#context = context
  }

  /** Throws `UserError` (`QUERY_INVALID` for a phase of another type of query), `CorruptError`, `UnavailableError`. */
  async answer<Kind extends Phase['kind']>(phase: PhaseOf<Kind>): Promise<Partials[Kind]> {
    return (await this.#answer(phase)) as Partials[Kind]
  }

  #answer(phase: Phase): Promise<Partials[Phase['kind']]> {
    const request = this.#request
    if (request.type === 'segmentation') return this.#segment(phase, request)
    if (phase.kind !== request.type) return invalid('phase', phase.kind, `one of a ${request.type}`)
    if (request.type === 'funnel') return funnelOfShard(this.#view, request, this.#context)
    return retentionOfShard(this.#view, request, this.#context)
  }

  async #segment(phase: Phase, request: SegmentationRequest): Promise<Partials['groups' | 'counts' | 'fixed']> {
    this.#segmentation ??= ShardSegmentation.open(this.#view, request, this.#context)
    const shard = await this.#segmentation
    switch (phase.kind) {
      case 'groups':
        return (await shard.all()) ?? { tooMany: true }
      case 'counts':
        return shard.count(phase.partitions)
      case 'fixed':
        return shard.fixed(phase.keys)
      default:
        return invalid('phase', phase.kind, 'one of a segmentation')
    }
  }
}

/** Shards of this process, one after the other: together they stay within the memory of one. */
export class ViewShards implements Shards {
  readonly #shards: readonly ShardQuery[]

  constructor(views: readonly ShardView[], request: AggregateRequest, context: QueryContext) {
    this.#shards = views.map((view) => new ShardQuery(view, request, context))
  }

  async ask<Kind extends Phase['kind']>(phase: PhaseOf<Kind>): Promise<Partials[Kind][]> {
    const partials: Partials[Kind][] = []
    for (const shard of this.#shards) {
      const partial = await shard.answer(phase)
      partials.push(partial)
      if ('tooMany' in partial || 'reference' in partial) break
    }
    return partials
  }
}
