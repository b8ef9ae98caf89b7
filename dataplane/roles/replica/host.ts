/**
 * Keeps one replica of one shard running in this process: opens it from the store, lets it read the log,
 * opens it again after what a fresh start heals, and says whether it may answer.
 *
 * What it upholds: only a replica that is caught up and not known to disagree with the log answers
 * (AUD-1, QRY-1). Everything it has is rebuilt from the store and the log; a lost volume costs a refill.
 *
 * Does not: answer queries (`queries.ts`), decide what is cut (`dataplane/shard`) or who is right (`auditor.ts`).
 */
import { CorruptError, UnavailableError, unavailable } from '../../../common/errors/errors.ts'
import type { ShardLimits } from '../../core/limits.ts'
import type { LogReader } from '../../core/ports.ts'
import type { RoutingHolder } from '../../routing/holder.ts'
import type { OffsetVector } from '../../schema/event.ts'
import { rereadLog, versionBefore } from '../../shard/audit/reread.ts'
import { runShard } from '../../shard/loop.ts'
import { Shard, type ShardPorts } from '../../shard/shard.ts'
import { goesOnFrom } from '../../storage/manifest/load.ts'
import type { Digest } from '../../storage/segment/digest.ts'
import type { RoleStatus } from '../role.ts'
import type { Auditor } from './auditor.ts'

export interface HostPorts extends Omit<ShardPorts, 'log'> {
  /** Throws `UnavailableError` while the log does not answer. */
  connectLog(): Promise<LogReader>
}

export interface HostOptions {
  readonly shard: string
  /** This replica's name in the routing map. */
  readonly name: string
  readonly limits: Partial<ShardLimits>
  readonly auditor: Auditor
}

/** What another replica has found out about a manifest version and those after it. */
export interface Distrust {
  readonly version: number
  readonly message: string
}

/** Pause before a replica that could not be opened is tried again. */
const reopenMs = 1_000
/** The same where trying alone will not help, but people may have. */
const stuckMs = 10_000

export class ReplicaHost {
  readonly auditor: Auditor
  readonly #ports: HostPorts
  readonly #routing: RoutingHolder
  readonly #options: HostOptions
  #status: RoleStatus = { state: 'starting', reason: 'opening the shard' }
  #shard: Shard | undefined
  #log: LogReader | undefined
  /** What others found out about versions that the one in force may go on from, by version. */
  readonly #distrusts = new Map<number, string>()
  #limits: Partial<ShardLimits>

  constructor(ports: HostPorts, routing: RoutingHolder, options: HostOptions) {
    this.#ports = ports
    this.#routing = routing
    this.#options = options
    this.#limits = options.limits
    this.auditor = options.auditor
    routing.onChange(() => this.#shard?.setPrimary(this.isPrimary))
  }

  get id(): string {
    return this.#options.shard
  }

  /** Changes limits of the shard that runs and of those opened later. */
  retune(limits: Pick<ShardLimits, 'cutAgeMs' | 'segmentRowsMax'>): void {
    this.#limits = { ...this.#limits, ...limits }
    this.#shard?.retune(limits)
  }

  get isPrimary(): boolean {
    return this.#routing.shard(this.id)?.primary === this.#options.name
  }

  get status(): RoleStatus {
    if (this.#status.state !== 'serving') return this.#status
    const [distrust] = this.#distrusts.values()
    if (distrust !== undefined) return { state: 'stuck', reason: distrust }
    return this.auditor.mayAnswer ? this.#status : { state: 'stuck', reason: this.auditor.message }
  }

  /** The shard as it is now, also while it is not ready. */
  get current(): Shard | undefined {
    return this.#shard
  }

  /** The shard, when it may answer. Throws `UnavailableError` `REPLICA_NOT_READY`. */
  serving(): Shard {
    const { state, reason } = this.status
    if (state === 'serving' && this.#shard !== undefined) return this.#shard
    return unavailable('REPLICA_NOT_READY', `replica ${this.#options.name} of shard ${this.id} is ${state}: ${reason}`)
  }

  /**
   * Another replica says that what we may have is not what the log says. Nothing is answered from it until it is clear that
   * the version in force does not go on from it.
   */
  distrust({ version, message }: Distrust): void {
    const shard = this.#shard
    if (shard === undefined || shard.manifest.version < version) return
    if (!this.#distrusts.has(version)) this.#ports.logger.error('replica divergence', { version, message })
    this.#distrusts.set(version, message)
    void this.#resolve(shard)
  }

  /** The message may be late: the range may be rebuilt already, here too. */
  async #resolve(shard: Shard): Promise<void> {
    // Where the rebuilt version is not in force here yet, this ends the shard, and it is opened anew.
    await shard.follow().catch(() => undefined)
    while (!shard.stopped.aborted) {
      try {
        return await this.#reconsider(shard)
      } catch {
        await this.#ports.clock.sleep(reopenMs, shard.stopped).catch(() => undefined)
      }
    }
  }

  /** What the log holds between two vectors, read once more. Throws `UnavailableError`, `CorruptError` `LOG_GAP`. */
  async digestRange({ from, to }: { from: OffsetVector; to: OffsetVector }, signal: AbortSignal): Promise<Digest> {
    const shard = this.#shard ?? unavailable('REPLICA_NOT_READY', `shard ${this.id} is not open`)
    const manifest = await versionBefore(shard.ports, shard.manifest, from)
    const log = await rereadLog(shard.ports, { manifest, to, known: shard.stored }, signal)
    return log.digest(from, to)
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
    const shard = await this.#open()
    this.#shard = shard
    const running = runShard(shard, signal, {
      diverged: () => this.#settle(shard, signal),
      adopted: () => this.auditor.adopted(),
    })
    await Promise.race([running, this.#catchUp(shard, signal)])
    if (signal.aborted) return
    this.#become('serving', '')
    const both = AbortSignal.any([signal, shard.stopped])
    const checked = this.#check(shard, both)
    try {
      await running
    } finally {
      await checked
    }
  }

  async #open(): Promise<Shard> {
    this.#become('starting', 'connecting to the log')
    const { connectLog, ...ports } = this.#ports
    this.#log ??= await connectLog()
    this.#become('starting', 'opening the shard')
    this.auditor.begin()
    const map = this.#routing.shard(this.id)
    if (map === undefined) return unavailable('ROUTING_STALE', `the routing map has no shard ${this.id}`)
    const shard = await Shard.open(
      { ...ports, log: this.#log },
      {
        shard: this.id,
        ring: { start: map.start, end: map.end },
        isPrimary: this.isPrimary,
        routingEpoch: map.epoch,
        onDivergence: 'stay',
        limits: this.#limits,
      },
    )
    await this.#reconsider(shard)
    return shard
  }

  /** A distrust ends when the newest manifest does not go on from the version that is wrong. */
  async #reconsider({ manifest, ports }: Shard): Promise<void> {
    for (const version of this.#distrusts.keys()) {
      if (!(await goesOnFrom(ports.store, manifest, version))) this.#distrusts.delete(version)
    }
  }

  /** Until everything is applied that the log has now. */
  async #catchUp(shard: Shard, signal: AbortSignal): Promise<void> {
    this.#become('starting', 'catching up with the log')
    const next = new Map<number, number>()
    for (const partition of shard.partitions) next.set(partition, await shard.ports.log.end(partition))
    await shard.waitFor({ generation: shard.applied.generation, next }, signal)
  }

  /** Compares what the shard started from with the log, while it serves. */
  async #check(shard: Shard, signal: AbortSignal): Promise<void> {
    const { logger, clock } = this.#ports
    for (;;) {
      try {
        if ((await this.auditor.checkOpened(shard, signal)) === 'start anew') this.#startAnew(shard)
        return
      } catch (error) {
        if (signal.aborted) return
        logger.warn('the newest manifest could not be compared with the log', { shard: this.id, error })
        if (error instanceof CorruptError) return
        await clock.sleep(stuckMs, signal).catch(() => undefined)
      }
    }
  }

  async #settle(shard: Shard, signal: AbortSignal): Promise<void> {
    const ruling = await this.auditor.settle(shard, shard.manifest, AbortSignal.any([signal, shard.stopped]))
    if (ruling === 'start anew') this.#startAnew(shard)
  }

  #startAnew(shard: Shard): void {
    shard.stop(new UnavailableError('SHARD_SUPERSEDED', `shard ${this.id} starts anew: ${this.auditor.message}`))
  }

  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    const { logger, clock } = this.#ports
    const message = error instanceof Error ? error.message : String(error)
    const code = (error as Partial<CorruptError>).code
    logger.error('the shard stopped', { shard: this.id, error })
    const heals = error instanceof UnavailableError
    this.#become(heals ? 'starting' : 'stuck', message)
    if (code === 'SHARD_SUPERSEDED') return
    await clock.sleep(heals ? reopenMs : stuckMs, signal)
  }

  #become(state: RoleStatus['state'], reason: string): void {
    if (this.#status.state !== state) this.#ports.logger.info('replica', { shard: this.id, state, reason })
    this.#status = { state, reason }
  }
}
