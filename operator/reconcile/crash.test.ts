import { expect, it } from 'vitest'
import { OperatorWorld } from '../../test/support/operator/world.ts'

const base = { shard: { replicas: 2 }, upgrade: { minReadySeconds: 0 }, deletion: { policy: 'Retain' } }
const quietRounds = 4
/** A walk kills after every write, one process after the other; then so many times just once, for a second of CPU each twenty. */
const singleKillsMax = 12

interface Scenario {
  readonly name: string
  /** Before it the cluster serves, unless it is the creation itself. */
  readonly begin: (world: OperatorWorld) => Promise<void>
  /** Replicas of the shard that serve at all times. */
  readonly least: number
}

const create = async (world: OperatorWorld) => {
  await world.apply('EventCluster', 'shop', base)
  await world.apply('Project', 'checkout', { clusterRef: { name: 'shop' }, id: 'checkout' })
}
const change = (spec: object) => (world: OperatorWorld) => world.apply('EventCluster', 'shop', { ...base, ...spec })

const scenarios: readonly Scenario[] = [
  { name: 'create', begin: create, least: 0 },
  { name: 'scale up', begin: change({ shard: { replicas: 3 }, query: { replicas: 2 } }), least: 2 },
  { name: 'scale down', begin: change({ shard: { replicas: 1 } }), least: 1 },
  { name: 'roll', begin: change({ image: 'anabranch:2' }), least: 1 },
  { name: 'delete', begin: (world) => world.delete('EventCluster', 'shop'), least: 0 },
  {
    name: 'delete with data',
    begin: async (world) => {
      await world.apply('EventCluster', 'shop', { ...base, deletion: { policy: 'Delete', confirm: 'shop' } })
      await world.delete('EventCluster', 'shop')
    },
    least: 0,
  },
]

let serving: Promise<OperatorWorld> | undefined

async function makeServing(): Promise<OperatorWorld> {
  const world = new OperatorWorld()
  await create(world)
  await world.settle(quietRounds)
  return world
}

/** The world at its end, and the writes that it took; fails when too few replicas served in between. */
async function run({ begin, least }: Scenario, kill?: { readonly at: number | 'every' }) {
  serving ??= makeServing()
  const world = begin === create ? new OperatorWorld() : new OperatorWorld(await serving)
  const before = world.writes.length
  await begin(world)
  if (kill !== undefined) world.kill = { at: kill.at === 'every' ? 'every' : before + kill.at }
  let lowest = Number.POSITIVE_INFINITY
  world.onWrite = () => {
    const up = [...world.plane.processes.values()].filter(
      ({ role, state }) => role === 'replica' && state === 'serving',
    )
    lowest = Math.min(lowest, up.length)
  }
  await world.settle(quietRounds)
  expect(lowest).toBeGreaterThanOrEqual(least)
  const pods = world.writes
    .slice(before)
    .filter((write) => /^(create|delete) (pods|persistentvolumeclaims)/.test(write))
  return { dump: await world.dump(), writes: world.writes.length - before, pods }
}

for (const scenario of scenarios) {
  it(`crash: the operator is killed after each of its writes of a ${scenario.name} -> the next one finishes, nothing orphaned, nothing twice`, async () => {
    const whole = await run(scenario)
    expect(whole.writes).toBeGreaterThan(3)
    const always = await run(scenario, { at: 'every' })
    expect(always.dump).toEqual(whole.dump)
    expect(always.pods).toEqual(whole.pods)
    const step = Math.ceil(whole.writes / singleKillsMax)
    for (let at = 1; at <= whole.writes; at += step) {
      const killed = await run(scenario, { at })
      expect(killed.dump, `killed after write ${at}`).toEqual(whole.dump)
      expect(killed.pods, `killed after write ${at}`).toEqual(whole.pods)
    }
  })
}
