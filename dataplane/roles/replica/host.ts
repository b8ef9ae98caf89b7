/**
 * Keeps one replica of one shard running in this process: opens it from the store, lets it read the log,
 * opens it again after what a fresh start heals, and says whether it may answer.
 *
 * What it upholds: only a replica that is caught up and not known to disagree with the log answers
 * (AUD-1, QRY-1). Everything it has is rebuilt from the store and the log; a lost volume costs a refill.
 *
 * Does not: answer queries (`queries.ts`), or decide what is cut (`dataplane/shard`).
 */
import { type CorruptError, UnavailableError, unavailable } from '../../../common/errors/errors.ts'
import type { ShardLimits } from '../../core/limits.ts'
import type { LogReader } from '../../core/ports.ts'
import type { RoutingHolder } from '../../routing/holder.ts'
import { runShard } from '../../shard/loop.ts'
import { Shard, type ShardPorts } from '../../shard/shard.ts'
import type { RoleStatus } from '../role.ts'

export interface HostPorts extends Omit<ShardPorts, 'log'> {
  /** Throws `UnavailableError` while the log does not answer. */
  connectLog(): Promise<LogReader>
}

export interface HostOptions {
  readonly shard: string
  /** This replica's name in the routing map. */
  readonly name: string
  readonly limits: Partial<ShardLimits>
}

/** Pause before a replica that could not be opened is tried again. */
const reopenMs = 1_000
/** The same where trying alone will not help, but people may have. */
const stuckMs = 10_000

export class ReplicaHost {
  readonly #ports: HostPorts
  readonly #routing: RoutingHolder
  readonly #options: HostOptions
  #status: RoleStatus = { state: 'starting', reason: 'opening the shard' }
  #shard: Shard | undefined
  #log: LogReader | undefined

  constructor(ports: HostPorts, routing: RoutingHolder, options: HostOptions) {
    this.#ports = ports
    this.#routing = routing
    this.#options = options
    routing.onChange(() => this.#shard?.setPrimary(this.isPrimary))
  }

  get id(): string {
    return this.#options.shard
  }

  get isPrimary(): boolean {
    return this.#routing.shard(this.id)?.primary === this.#options.name
  }

  get status(): RoleStatus {
    return this.#status
  }

  /** The shard as it is now, also while it is not ready. */
  get current(): Shard | undefined {
    return this.#shard
  }

  /** The shard, when it may answer. Throws `UnavailableError` `REPLICA_NOT_READY`. */
  serving(): Shard {
    const { state, reason } = this.#status
    if (state === 'serving' && this.#shard !== undefined) return this.#shard
    return unavailable('REPLICA_NOT_READY', `replica ${this.#options.name} of shard ${this.id} is ${state}: ${reason}`)
  }

  /** Runs until the signal is aborted. Never rejects: what goes wrong is in the status and the log. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#live(signal)
      } catch (error) {
        if (signal.aborted) return
        await this.#recover(error, signal).catch(() => undefined)
      } finally {
        this.#shard?.stop(new UnavailableError('REPLICA_NOT_READY', `shard ${this.id} is being opened anew`))
      }
    }
  }

  /** One life of the shard. Rejects with the reason for which it ended. */
  async #live(signal: AbortSignal): Promise<void> {
    this.#become('starting', 'connecting to the log')
    const { connectLog, ...ports } = this.#ports
    this.#log ??= await connectLog()
    const log = this.#log
    this.#become('starting', 'opening the shard')
    const map = this.#routing.shard(this.id)
    if (map === undefined) unavailable('ROUTING_STALE', `the routing map has no shard ${this.id}`)
    const shard = await Shard.open(
      { ...ports, log },
      {
        shard: this.id,
        ring: { start: map.start, end: map.end },
        isPrimary: this.isPrimary,
        routingEpoch: map.epoch,
        limits: this.#options.limits,
      },
    )
    this.#shard = shard
    const running = runShard(shard, signal)
    await Promise.race([running, this.#catchUp(shard, log, signal)])
    if (signal.aborted) return
    this.#become('serving', '')
    await running
  }

  /** Until everything is applied that the log has now. */
  async #catchUp(shard: Shard, log: LogReader, signal: AbortSignal): Promise<void> {
    this.#become('starting', 'catching up with the log')
    const next = new Map<number, number>()
    for (const partition of shard.partitions) next.set(partition, await log.end(partition))
    await shard.waitFor({ generation: shard.applied.generation, next }, signal)
  }

  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    const { logger, clock } = this.#ports
    const message = error instanceof Error ? error.message : String(error)
    const code = (error as Partial<CorruptError>).code
    logger.error('the shard stopped', { shard: this.id, error })
    if (code === 'SHARD_SUPERSEDED') return
    const heals = error instanceof UnavailableError
    this.#become(heals ? 'starting' : 'stuck', message)
    await clock.sleep(heals ? reopenMs : stuckMs, signal)
  }

  #become(state: RoleStatus['state'], reason: string): void {
    if (this.#status.state !== state) this.#ports.logger.info('replica', { shard: this.id, state, reason })
    this.#status = { state, reason }
  }
}
