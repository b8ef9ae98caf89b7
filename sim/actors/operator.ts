/**
 * Who is primary: a routing map, changed now and then, and pushed to every replica until it is confirmed. Pushes
 * get lost, come twice and overtake each other, and a replica that starts reads a file that may be older.
 */
import { UnavailableError } from '../../common/errors/errors.ts'
import { formatRoutingMap, parseRoutingMap, type RoutingMap } from '../../dataplane/routing/map.ts'
import { exchange } from '../network.ts'
import type { Replica } from '../processes/shard.ts'
import type { Supervisor } from '../processes/supervisor.ts'
import type { World } from '../world.ts'

export class Operator {
  readonly #world: World
  readonly #replicas = new Map<string, Supervisor<Replica>>()
  #map: RoutingMap
  #isDone = false

  constructor(world: World) {
    this.#world = world
    const bounds = [0, ...world.plan.bounds, 2 ** 32]
    const shards = bounds.slice(1).map((end, i) => {
      const replicas = ['a', 'b'].map((letter) => ({ name: `s${i}${letter}`, address: `s${i}${letter}:1` }))
      return { id: `s${i}`, start: bounds[i]!, end, epoch: 1, primary: `s${i}a`, replicas }
    })
    this.#map = { routingEpoch: 1, cluster: 'simulated', generation: 1, partitions: world.plan.partitions, shards }
  }

  /** The newest map. */
  get map(): RoutingMap {
    return this.#map
  }

  add(name: string, replica: Supervisor<Replica>): void {
    this.#replicas.set(name, replica)
  }

  /** The file that a replica finds when it starts. Where both are to be primary, each finds itself named. */
  fileOf(shard: string, name: string): RoutingMap {
    const { hasTwoPrimaries } = this.#world.plan
    return hasTwoPrimaries && !this.#world.faults.isStopped ? named(this.#map, shard, name) : this.#map
  }

  async handOverNowAndThen(): Promise<void> {
    const { scheduler, random, faults, plan } = this.#world
    while (!faults.isStopped) {
      await scheduler.pass(undefined, 'operator', { ms: 500 + random.below(4_000) })
      if (!random.chance(plan.handOver)) continue
      const { id, replicas } = random.pick(this.#map.shards)
      this.#handOver(id, random.pick(replicas).name)
    }
    // A replica that has read another file at its start is told in the end.
    this.#handOver('s0', this.#map.shards[0]!.primary)
    this.#isDone = true
  }

  /** Whether the last map is in force everywhere. */
  get isSettled(): boolean {
    const epochs = [...this.#replicas.values()].map(({ current }) => current?.service.routing.map.routingEpoch)
    return this.#isDone && epochs.every((epoch) => epoch === this.#map.routingEpoch)
  }

  #handOver(shard: string, primary: string): void {
    const routingEpoch = this.#map.routingEpoch + 1
    this.#map = { ...named(this.#map, shard, primary), routingEpoch }
    this.#world.state('primary handed over')
    for (const replica of this.#replicas.values()) this.#push(replica, this.#map).catch(this.#world.fail)
  }

  /** Until it is confirmed that this map or a newer one is in force. */
  async #push(replica: Supervisor<Replica>, map: RoutingMap): Promise<void> {
    const { scheduler, random } = this.#world
    const text = formatRoutingMap(map)
    for (;;) {
      const told = exchange(this.#world, {
        from: undefined,
        label: 'push of the routing map',
        code: 'REPLICA_NOT_READY',
        to: () => {
          const { current } = replica
          return current && { life: current.life, act: async () => current.service.routing.push(text) }
        },
      })
      try {
        const epoch = await told
        if (epoch > map.routingEpoch) this.#world.state('routing map overtaken by a newer one')
        return
      } catch (error) {
        if (!(error instanceof UnavailableError)) throw error
        await scheduler.pass(undefined, 'operator tries again', { ms: 500 + random.below(1_000) })
      }
    }
  }
}

/** The map with another primary. */
function named(map: RoutingMap, shard: string, primary: string): RoutingMap {
  const shards = map.shards.map((one) => (one.id === shard ? { ...one, primary } : one))
  // As from a file: ranges in hexadecimal and back.
  return parseRoutingMap(formatRoutingMap({ ...map, shards }), 'routing map')
}
