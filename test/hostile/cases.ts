/** The seeded stream of hostile requests: one seed is one list. */
import { SeededRandom } from '../../sim/random.ts'
import { bodyKinds } from './body-kinds.ts'
import type { HostileCase, Kind } from './case.ts'
import { jsonKinds } from './json-kinds.ts'
import { protocolKinds } from './protocol-kinds.ts'
import { trackKinds } from './track-kinds.ts'

export const hostileToken = 'hostile-ingest-token'

/** Projects and tokens that the requests are written for. */
export const hostileAccess = {
  version: 1,
  projects: [
    {
      id: 'hostile',
      tokens: [
        { name: 'ingest', access: 'Ingest', token: hostileToken },
        { name: 'query', access: 'Query', token: 'hostile-query-token' },
      ],
    },
    { id: 'other', tokens: [{ name: 'ingest', access: 'Ingest', token: 'other-hostile-token' }] },
  ],
}

const kinds = [...jsonKinds, ...bodyKinds, ...protocolKinds, ...trackKinds]
const weights = kinds.reduce((sum, [weight]) => sum + weight, 0)

/** Every kind once, then `count` in all by weight. */
export function* hostileCases({
  seed,
  count,
  now,
}: {
  seed: number
  count: number
  now: number
}): Generator<HostileCase> {
  const random = new SeededRandom(seed)
  let ids = 0
  const setting = { random, now, token: hostileToken, newId: () => `h-${seed}-${ids++}` }
  for (let index = 0; index < count; index++) yield (kinds[index]?.[1] ?? pick(random))(setting)
}

function pick(random: SeededRandom): Kind {
  let at = random.below(weights)
  for (const [weight, kind] of kinds) {
    if (at < weight) return kind
    at -= weight
  }
  return kinds[0]![1]
}
