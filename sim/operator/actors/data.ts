/**
 * Events without content: acknowledged into the log, read by replicas, cut into the store by primaries, trimmed from the log
 * when the store has them. So that pods and volumes hold something that can be lost.
 */
import { resources } from '../../../operator/kube/resource.ts'
import { labelNames } from '../../../operator/render/names.ts'
import type { Copies } from '../check/copies.ts'
import { mapOf, type SimulatedProcess } from '../cluster/plane.ts'
import { namespace, type OperatorWorld } from '../world.ts'

interface Shard {
  /** Events `[0, acknowledged)`. */
  acknowledged: number
  trimmed: number
  cut: number
  manifestVersion: number
}

interface Volume {
  readonly uid: string
  readonly name: string
}

export class DataActor {
  readonly #world: OperatorWorld
  readonly #copies: Copies
  readonly #shards = new Map<string, Shard>()
  readonly #applied = new WeakMap<SimulatedProcess, number>()

  constructor(world: OperatorWorld, copies: Copies) {
    this.#world = world
    this.#copies = copies
    this.forget()
  }

  /** The data was destroyed, as was wanted: what comes now is new. */
  forget(): void {
    for (let id = 0; id < this.#world.plan.shards; id++) {
      this.#shards.set(String(id), { acknowledged: 0, trimmed: 0, cut: 0, manifestVersion: 1 })
    }
  }

  async run(): Promise<never> {
    const { scheduler, random } = this.#world
    for (;;) {
      await scheduler.pass(undefined, 'events', { ms: 500 + random.below(2_000) })
      await this.#move()
    }
  }

  /** The parts of a second, in an order in which each can lag behind the one before. */
  async #move(): Promise<void> {
    const { plane, random } = this.#world
    const volumes = await this.#volumes()
    const processes = [...plane.processes.values()].filter(({ hangs }) => !hangs)
    const log = processes.find(({ role, state }) => role === 'log' && state === 'serving') && volumes.log
    for (const [id, shard] of this.#shards) {
      if (log !== undefined) shard.acknowledged += 1 + random.below(3)
      if (log !== undefined) this.#copies.hold(log, id, { from: shard.trimmed, to: shard.acknowledged })
      for (const program of processes.filter((one) => one.role === 'replica' && one.shard === id)) {
        this.#serve(program, shard, { log, store: volumes.store })
      }
      if (volumes.store === undefined || log === undefined) continue
      this.#copies.hold(volumes.store, id, { from: 0, to: shard.cut })
      if (random.chance(0.3)) shard.trimmed = shard.cut
    }
  }

  #serve(
    program: SimulatedProcess,
    shard: Shard,
    { log, store }: { log: Volume | undefined; store: Volume | undefined },
  ): void {
    const { random } = this.#world
    if (program.state !== 'serving') return
    if (log !== undefined && random.chance(0.8)) this.#applied.set(program, shard.acknowledged)
    const applied = this.#applied.get(program) ?? 0
    const isPrimary = mapOf(program).shards.find(({ id }) => id === program.shard)?.primary === program.pod
    if (isPrimary && store !== undefined && applied > shard.cut && random.chance(0.3)) {
      shard.cut = applied
      shard.manifestVersion++
      this.#copies.hold(store, program.shard!, { from: 0, to: shard.cut })
    }
    // Who did not cut adopts, sooner or later.
    if (store !== undefined && (isPrimary || random.chance(0.7))) program.manifestVersion = shard.manifestVersion
    this.#copies.hold({ uid: program.uid, name: program.pod }, program.shard!, {
      from: Math.min(shard.cut, applied),
      to: applied,
    })
  }

  async #volumes(): Promise<{ log: Volume | undefined; store: Volume | undefined }> {
    const { items } = await this.#world.api.list(resources.persistentVolumeClaims, { namespace })
    const data = items.filter(({ metadata, status }) => {
      const isLost = (status as { phase?: string } | undefined)?.phase === 'Lost'
      return metadata.labels?.[labelNames.data] !== undefined && metadata.deletionTimestamp === undefined && !isLost
    })
    const volume = (role: string | undefined): Volume | undefined => {
      const found = data.find(({ metadata }) => metadata.labels?.[labelNames.role] === role)
      return found && { uid: found.metadata.uid!, name: found.metadata.name }
    }
    return { log: volume('log'), store: volume(undefined) }
  }
}
