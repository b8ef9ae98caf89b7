/**
 * The replicas of all shards as this query pod knows them: a channel each, how busy they are, who failed.
 *
 * Channels follow the routing map: one is closed when its address left the map and its calls are done.
 */
import { UnavailableError } from '../../../common/errors/errors.ts'
import type { Clock, Random } from '../../core/ports.ts'
import type { RoutingMap, RoutingShard } from '../../routing/map.ts'
import type { RemoteReplica } from '../../rpc/remote-replica.ts'
import { avoidMs, type Load, orderByLoad } from './choice.ts'
import { HedgeBudget } from './hedge-budget.ts'
import { Outrun } from './hedged.ts'
import { Latencies } from './latencies.ts'

export interface ReplicasOptions {
  readonly clock: Clock
  readonly random: Random
  connect(address: string): RemoteReplica
}

/** A replica with its load. */
export class Replica implements Load {
  readonly remote: RemoteReplica
  inFlight = 0
  avoidUntilMs = 0
  #failures = 0

  constructor(remote: RemoteReplica) {
    this.remote = remote
  }

  /** Counts a call and what became of it. One that was outrun was too slow. */
  async use<Answer>(clock: Clock, signal: AbortSignal, call: () => Promise<Answer>): Promise<Answer> {
    const end = this.begin(clock, signal)
    try {
      const answer = await call()
      end(undefined)
      return answer
    } catch (error) {
      end(error)
      throw error
    }
  }

  /** The same for a call that is no promise. What it answers is called once, with the error or without. */
  begin(clock: Clock, signal: AbortSignal): (error: unknown) => void {
    this.inFlight++
    return (error) => {
      this.inFlight--
      if (error === undefined) {
        this.#failures = 0
        this.avoidUntilMs = 0
      } else if (signal.reason instanceof Outrun || isFault(error)) {
        this.avoidUntilMs = clock.monotonic() + avoidMs(++this.#failures)
      }
    }
  }
}

/** The replica's fault, or at least another may do better. */
function isFault(error: unknown): boolean {
  return error instanceof UnavailableError && (error.code === 'SHARD_UNAVAILABLE' || error.code === 'REPLICA_NOT_READY')
}

export class Replicas {
  readonly hedges = new HedgeBudget()
  readonly latencies = { pin: new Latencies(), partial: new Latencies() }
  readonly #options: ReplicasOptions
  readonly #byAddress = new Map<string, Replica>()

  constructor(options: ReplicasOptions) {
    this.#options = options
  }

  /** Replicas of a shard, the best to ask first. */
  of(shard: RoutingShard): Replica[] {
    const { clock, random } = this.#options
    const dice = () => new DataView(random.bytes(4).buffer).getUint32(0) / 2 ** 32
    const all = shard.replicas.map(({ address }) => this.#at(address))
    return orderByLoad(all, clock.monotonic(), dice)
  }

  /** Forgets replicas that the map does not name. Calls that run on them break off. */
  follow(map: RoutingMap): void {
    const named = new Set(map.shards.flatMap(({ replicas }) => replicas.map(({ address }) => address)))
    for (const [address, { remote }] of this.#byAddress) {
      if (named.has(address)) continue
      this.#byAddress.delete(address)
      remote.close()
    }
  }

  close(): void {
    for (const { remote } of this.#byAddress.values()) remote.close()
    this.#byAddress.clear()
  }

  #at(address: string): Replica {
    let replica = this.#byAddress.get(address)
    if (replica === undefined) {
      replica = new Replica(this.#options.connect(address))
      this.#byAddress.set(address, replica)
    }
    return replica
  }
}
