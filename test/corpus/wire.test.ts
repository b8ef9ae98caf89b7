import fc from 'fast-check'
import { expect, test } from 'vitest'
import { QueryContext } from '../../dataplane/query/context.ts'
import { partialFromJson, partialToJson, phaseFromJson, phaseToJson } from '../../dataplane/query/phase-json.ts'
import type { Partials, Phase, PhaseOf, Shards } from '../../dataplane/query/phases.ts'
import { parseRequest } from '../../dataplane/query/request/parse.ts'
import { mergeShards } from '../../dataplane/query/run.ts'
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
