import fc from 'fast-check'
import { expect, test } from 'vitest'
import { QueryContext } from '../../dataplane/query/context.ts'
import { type Chunk, chunksOf } from '../../dataplane/query/export/chunks.ts'
import { mergeChunks } from '../../dataplane/query/export/merge.ts'
import { partialFromJson, partialToJson, phaseFromJson, phaseToJson } from '../../dataplane/query/phase-json.ts'
import type { Partials, Phase, PhaseOf, Shards } from '../../dataplane/query/phases.ts'
import { parseRequest } from '../../dataplane/query/request/parse.ts'
import { exportRows, mergeShards } from '../../dataplane/query/run.ts'
import { ShardQuery } from '../../dataplane/query/shard-query.ts'
import type { ShardView } from '../../dataplane/query/view.ts'
import { realClock } from '../../dataplane/runtime/clock.ts'
import { answer } from '../../oracle/answer.ts'
import { configurations } from '../support/configurations.ts'
import { smallCases } from '../support/small-cases.ts'

/** Few groups a pass, so that counting takes several rounds of phases. */
const limits = { passGroupsMax: 2 }

const wire = (json: unknown) => JSON.parse(JSON.stringify(json)) as unknown

/** Shards that share nothing with the merge but JSON; every phase parses the document anew, as a replica does. */
class WiredShards implements Shards {
  readonly #views: readonly ShardView[]
  readonly #document: unknown

  constructor(views: readonly ShardView[], document: unknown) {
    this.#views = views
    this.#document = document
  }

  ask<Kind extends Phase['kind']>(phase: PhaseOf<Kind>): Promise<Partials[Kind][]> {
    return Promise.all(
      this.#views.map(async (view) => {
        const request = parseRequest(wire(this.#document))
        if (request.type === 'export') throw new Error('an export has no partials')
        const shard = new ShardQuery(view, request, new QueryContext({ clock: realClock, limits }))
        const there = phaseFromJson(wire(phaseToJson(phase)), 'phase') as PhaseOf<Kind>
        return partialFromJson(phase, wire(partialToJson(there, await shard.answer(there))), 'partial')
      }),
    )
  }
}

test('query: any small case, two shards that send their partials as JSON -> as the oracle (QRY-1)', async () => {
  const { prepare } = configurations.find(({ name }) => name === 'two shards')!
  await fc.assert(
    fc.asyncProperty(smallCases({ eventsMax: 20, queriesMax: 10 }), fc.string(), async ({ events, queries }, seed) => {
      const { views, logged } = await prepare(events, seed)
      for (const query of queries) {
        if (query.type === 'export') continue
        const request = parseRequest(query)
        if (request.type === 'export') continue
        const context = new QueryContext({ clock: realClock, limits })
        const result = wire(await mergeShards(new WiredShards(views, query), request, context))
        expect({ query, result }).toEqual({ query, result: wire(answer(logged, query)) })
      }
    }),
    { numRuns: 60 },
  )
})

/** The chunks of one shard, of which the last `resumed` lines come from a second try. */
async function* chunks(view: ShardView, document: unknown, resumed: number): AsyncGenerator<Chunk> {
  const options = { format: (row: unknown) => JSON.stringify(row), limit: Number.POSITIVE_INFINITY }
  const stream = (skip: number) =>
    chunksOf(exportRows([view], document, { clock: realClock }).byEvent(), { ...options, skip })
  let all = 0
  for await (const { hashes } of stream(0)) all += hashes.length
  const skip = Math.max(0, all - resumed)
  const first = exportRows([view], document, { clock: realClock }).byEvent()
  if (skip > 0) yield* chunksOf(first, { ...options, skip: 0, limit: skip })
  yield* stream(skip)
}

test('export: any small case, chunks of two shards merged, each resumed in the middle -> as the oracle (QRY-1)', async () => {
  const { prepare } = configurations.find(({ name }) => name === 'two shards')!
  await fc.assert(
    fc.asyncProperty(smallCases({ eventsMax: 30, queriesMax: 8 }), fc.string(), async ({ events, queries }, seed) => {
      const { views, logged } = await prepare(events, seed)
      for (const query of queries) {
        if (query.type !== 'export') continue
        const streams = views.map((view) => chunks(view, query, events.length % 5))
        const pieces: Buffer[] = []
        for await (const piece of mergeChunks(streams, query.limit ?? Number.POSITIVE_INFINITY)) pieces.push(piece)
        const lines = Buffer.concat(pieces).toString().split('\n').slice(0, -1)
        const result = lines.map((line) => JSON.parse(line) as unknown)
        expect({ query, result }).toEqual({ query, result: wire(answer(logged, query)) })
      }
    }),
    { numRuns: 60 },
  )
})
