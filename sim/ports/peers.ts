/** The other replicas of a shard, as one of them asks them: over a network that loses, doubles and delays messages. */
import type { Opinion, Peers } from '../../dataplane/roles/replica/peers.ts'
import type { OffsetVector } from '../../dataplane/schema/event.ts'
import type { Life } from '../kernel/life.ts'
import { exchange } from '../network.ts'
import type { Replica } from '../processes/shard.ts'
import type { Supervisor } from '../processes/supervisor.ts'
import type { World } from '../world.ts'

export class SimPeers implements Peers {
  readonly #world: World
  readonly #life: Life
  readonly #others: () => readonly Supervisor<Replica>[]

  constructor(world: World, life: Life, others: () => readonly Supervisor<Replica>[]) {
    this.#world = world
    this.#life = life
    this.#others = others
  }

  get count(): number {
    return this.#others().length
  }

  opinions(range: { from: OffsetVector; to: OffsetVector }, signal: AbortSignal): Promise<Opinion[]> {
    return Promise.all(
      this.#others().map(async (other) => {
        const digest = this.#ask(other, 'peer digest', ({ host }) => host.digestRange(range, signal))
        return { by: other.name, digest: await digest.catch((error: Error) => error) }
      }),
    )
  }

  async distrust(version: number, message: string): Promise<void> {
    const tell = (other: Supervisor<Replica>) =>
      this.#ask(other, 'peer distrust', async ({ host }) => host.distrust({ version, message }))
    await Promise.allSettled(this.#others().map(tell))
  }

  #ask<Answer>(other: Supervisor<Replica>, label: string, act: (replica: Replica) => Promise<Answer>): Promise<Answer> {
    return exchange(this.#world, {
      from: this.#life,
      label,
      code: 'REPLICA_NOT_READY',
      to: () => {
        const { current } = other
        return current && { life: current.life, act: () => act(current.service) }
      },
    })
  }
}
