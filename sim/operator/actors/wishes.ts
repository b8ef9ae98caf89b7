/**
 * People who change their minds: one wish after the other, often before the former came true. Each wish is written at once; what
 * takes two steps (deleted, then made again) goes on when the first has come true.
 */
import type { SeededRandom } from '../../random.ts'
import { type People, token } from '../people.ts'
import type { OperatorWorld } from '../world.ts'

type Wish = (people: People, random: SeededRandom) => Promise<void>

const wishes: Readonly<Record<string, Wish>> = {
  async replicas(people, random) {
    await people.applyCluster({ shard: { ...people.spec.shard, replicas: 1 + random.below(3) } })
  },
  async image(people, random) {
    await people.applyCluster({ image: random.pick(['anabranch:2', 'anabranch:3', 'anabranch:1', 'bad:4']) })
  },
  async roles(people, random) {
    await people.applyCluster({ query: { replicas: 1 + random.below(2) }, ingest: { replicas: 1 + random.below(2) } })
  },
  async settings(people, random) {
    const cut = { maxAgeSeconds: random.pick([30, 90]) }
    await people.applyCluster({ logLevel: random.pick(['Info', 'Debug']), shard: { ...people.spec.shard, cut } })
  },
  async restart(people, random) {
    people.restartedAt = `restart-${random.below(1_000)}`
    await people.applyCluster({})
  },
  async pause(people) {
    await people.applyCluster({ paused: !people.spec.paused })
  },
  async tokens(people, random) {
    const tokens = [token('ingest', 'Ingest'), token('query', 'Query'), token(`t${random.below(2)}`, 'Ingest')]
    await people.applyProject('checkout', { tokens, timezone: random.pick(['UTC', 'Europe/Berlin']) })
  },
  async project(people) {
    people.projects.set('search', { id: 'search', tokens: [token('ingest', 'Ingest')] })
    await people.applyProject('search')
  },
  async hold(people) {
    await people.hold('0')
  },
  async retain(people) {
    await people.deleteCluster('Retain')
  },
  async adopt(people, random) {
    await people.deleteCluster('Retain')
    if (await people.gone()) await people.makeAgain(random.pick(['shop', 'store']))
  },
  async destroy(people) {
    await people.deleteCluster('Delete')
  },
  async renew(people) {
    await people.deleteCluster('Delete')
    if (await people.gone()) await people.makeAgain('shop')
  },
}

/** How often, relative to 1. */
const weights: Readonly<Record<string, number>> = {
  replicas: 4,
  image: 3,
  adopt: 1.5,
  retain: 0.5,
  destroy: 0.5,
  renew: 0.5,
}

export async function wishNowAndThen(world: OperatorWorld, people: People): Promise<void> {
  const { scheduler, random, plan } = world
  const names = Object.keys(wishes)
  for (let left = plan.wishes; left > 0; left--) {
    await scheduler.pass(undefined, 'people', { ms: random.below(plan.patienceMs) })
    if (people.outcome !== 'serving') return
    const name = pick(random, names)
    world.state(`wish: ${name}`)
    await wishes[name]!(people, random)
  }
}

/** What cannot come true is taken back, and what was stopped goes on. */
export async function comeToReason(people: People): Promise<void> {
  if (people.outcome !== 'serving') return
  await people.release('0')
  const isBad = people.spec.image?.startsWith('bad')
  if (people.spec.paused || isBad) await people.applyCluster({ paused: false, ...(isBad && { image: 'anabranch:2' }) })
}

function pick(random: SeededRandom, names: readonly string[]): string {
  const table = names.map((name) => weights[name] ?? 1)
  let left = random.fraction() * table.reduce((sum, one) => sum + one, 0)
  const at = table.findIndex((one) => {
    left -= one
    return left < 0
  })
  return names[Math.max(0, at)]!
}
