/**
 * One replica of one shard, in one process: it reads its partitions of the log, decides rows, answers with
 * views, and turns its tail into segments.
 *
 * What it promises: the visible state changes only by the log's next record and by one manifest commit
 * (MAN-1); a row counts once (DED-1) and is kept (DED-2); a view is a function of its offset vector (QRY-1);
 * a cut of another replica is adopted only when it holds exactly the rows applied here (AUD-1).
 *
 * The parts: `apply.ts` log → `lane.ts` decided rows → `tail/` runs → `cut/` segment and manifest. This file
 * owns the state between them; `loop.ts` drives it.
 *
 * Does not: run queries (`dataplane/query`), choose the primary, or delete anything.
 */
import { CorruptError, UnavailableError, unavailable } from '../../common/errors/errors.ts'
import { type ShardLimits, shardLimits } from '../core/limits.ts'
import type { Background, Clock, Logger, LogReader, ObjectStore, Random } from '../core/ports.ts'
import type { DayOf } from '../dedupe/segment-copies.ts'
import type { ShardView } from '../query/view.ts'
import type { OffsetVector } from '../schema/event.ts'
import type { RingRange } from '../schema/placement.ts'
import { loadReferences } from '../storage/manifest/load.ts'
import type { Manifest } from '../storage/manifest/manifest.ts'
import { Applier } from './apply.ts'
import { loadOrCreate } from './cut/create.ts'
import { type CutOutcome, Cutter } from './cut/cutter.ts'
import type { CutState } from './cut/policy.ts'
import { Lanes } from './lanes.ts'
import { RecordTable } from './records.ts'
import type { Run } from './run/run.ts'
import { History, type State } from './state.ts'
import { openStored, type Stored } from './stored.ts'
import type { DecidedRows } from './tail/open-slices.ts'
import { Tail } from './tail/tail.ts'
import { covers, vectorText } from './vector.ts'
import { makeView } from './view.ts'
import { Waiters } from './waiters.ts'

export interface ShardPorts {
  readonly store: ObjectStore
  readonly log: LogReader
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** Runs the tasks of `run/tasks.ts`. */
  readonly background: Background
}

export interface ShardConfig {
  /** A DNS label. */
  readonly shard: string
  /** The whole ring by default. */
  readonly ring?: RingRange
  /** The primary cuts; another replica only when no cut comes for long. */
  readonly isPrimary?: boolean
  readonly routingEpoch?: number
  readonly placementVersion?: number
  /** `stop` by default. `stay`: it goes on answering while somebody finds out who is right (`audit/`). */
  readonly onDivergence?: 'stop' | 'stay'
  readonly limits?: Partial<ShardLimits>
}

export class Shard {
  readonly id: string
  #limits: ShardLimits
  readonly ports: ShardPorts
  readonly #onDivergence: 'stop' | 'stay'
  readonly #records = new RecordTable()
  readonly #lanes: Lanes
  readonly #tail: Tail
  readonly #applier: Applier
  readonly #cutter: Cutter
  readonly #history = new History()
  readonly #waiters = new Waiters()
  readonly #closing = new AbortController()
  #manifest: Manifest
  #stored: readonly Stored[]
  #committedMs: number
  #oldestRowMs: number | undefined
  #isPrimary: boolean
  #failure: unknown

  /** Opens from the newest manifest, or makes the first. Throws `CorruptError` (`LOG_GAP` among others), `UserError` `SHARD_MISMATCH`, `UnavailableError`. */
  static async open(ports: ShardPorts, config: ShardConfig): Promise<Shard> {
    const { shard, ring = { start: 0, end: 2 ** 32 }, routingEpoch = 1, placementVersion = 1 } = config
    const limits = { ...shardLimits, ...config.limits }
    const wanted = { shard, ring, routingEpoch, placementVersion }
    const manifest = await loadOrCreate(ports, wanted, ports.log.partitions)
    const references = await loadReferences(ports.store, manifest)
    const stored = await openStored(ports.store, references, { known: [], atOnce: limits.openSegmentsAtOnce })
    // A log that no longer has what follows is an error now, not when the next record comes.
    for (const [partition, next] of manifest.offsets.next) await ports.log.read(partition, next, 1)
    return new Shard(ports, { ...config, ring, limits }, { manifest, stored })
  }

  /** As of a manifest, for who looks at what the log says from there on. Not to be cut. `known` need not be opened again. */
  static async at(
    ports: ShardPorts,
    config: ShardConfig,
    { manifest, known }: { manifest: Manifest; known: readonly Stored[] },
  ): Promise<Shard> {
    const limits = { ...shardLimits, ...config.limits }
    const references = await loadReferences(ports.store, manifest)
    const stored = await openStored(ports.store, references, { known, atOnce: limits.openSegmentsAtOnce })
    return new Shard(ports, { ...config, ring: manifest.ring, limits }, { manifest, stored })
  }

  private constructor(
    ports: ShardPorts,
    config: ShardConfig & { ring: RingRange; limits: ShardLimits },
    { manifest, stored }: { manifest: Manifest; stored: readonly Stored[] },
  ) {
    this.id = config.shard
    this.ports = ports
    this.#limits = config.limits
    this.#isPrimary = config.isPrimary ?? true
    this.#onDivergence = config.onDivergence ?? 'stop'
    this.#manifest = manifest
    this.#stored = stored
    this.#committedMs = ports.clock.monotonic()
    this.#tail = new Tail(this.#records, this.limits)
    this.#lanes = new Lanes(this.#records, {
      segments: () => this.#stored.map(({ segment }) => segment),
      decided: (of, rows) => this.#append(of, rows),
      failed: (error) => this.stop(error),
      retry: (of, error) => this.#retry(of, error),
    })
    const parts = { log: ports.log, ring: config.ring, records: this.#records, lanes: this.#lanes }
    this.#applier = new Applier(manifest.offsets, parts)
    this.#cutter = new Cutter(ports, this.#cutterShard(), this.limits)
  }

  get manifest(): Manifest {
    return this.#manifest
  }

  /** Partitions that it reads. */
  get partitions(): readonly number[] {
    return this.#applier.partitions
  }

  /** How far it applied the log. */
  get applied(): OffsetVector {
    return this.#applier.applied
  }

  /** How far it applied and decided the log: what a cut could take. */
  get decided(): OffsetVector {
    return this.#lanes.decidedBefore(this.applied)
  }

  /** Rows that wait to be decided. */
  get pendingRows(): number {
    return this.#lanes.pendingRows(this.applied)
  }

  /** Where they wait. */
  get waitingDays(): readonly DayOf[] {
    return this.#lanes.waiting
  }

  /** Segments that its manifest names. */
  get segmentCount(): number {
    return this.#stored.length
  }

  get stored(): readonly Stored[] {
    return this.#stored
  }

  /** The tail as it is: for audits. Rows after the manifest's offsets, and some before. */
  tail(): { readonly runs: readonly Run[]; readonly records: RecordTable } {
    return { runs: this.#tail.seal(), records: this.#records }
  }

  get isPrimary(): boolean {
    return this.#isPrimary
  }

  get limits(): ShardLimits {
    return this.#limits
  }

  /** Changes when it cuts, from the next look on. */
  retune(limits: Pick<ShardLimits, 'cutAgeMs' | 'segmentRowsMax'>): void {
    this.#limits = { ...this.#limits, ...limits }
  }

  /** The routing map names another primary. Versions of the manifest fence the former one: no cut of both can count. */
  setPrimary(isPrimary: boolean): void {
    this.#isPrimary = isPrimary
  }

  get tailRows(): number {
    return this.#tail.rows
  }

  /** What the policy of cuts looks at. */
  get cutState(): CutState {
    return {
      nowMs: this.ports.clock.monotonic(),
      isPrimary: this.#isPrimary,
      tailRows: this.#tail.rows,
      oldestRowMs: this.#oldestRowMs,
      committedMs: this.#committedMs,
      isAhead: !covers(this.#manifest.offsets, this.#lanes.decidedBefore(this.applied)),
    }
  }

  /**
   * An immutable picture at an offset vector: everything before it, nothing after it. Without one, of all that was applied.
   * Throws `UnavailableError` `OFFSET_UNAVAILABLE` when the vector is not applied yet or was left behind too long ago.
   */
  async view(at?: OffsetVector): Promise<ShardView> {
    this.#check()
    const wanted = at === undefined ? this.applied : this.#restrict(at)
    const runs = this.#tail.seal()
    const pending = this.#lanes.pendingRows(wanted)
    const view = makeView(this.#stateAt(wanted, { ...this.#state(), runs }), {
      at: wanted,
      pending,
      records: this.#records,
    })
    this.#mergeRuns()
    return view
  }

  /**
   * Resolves when everything before the vector is applied: "read your writes". Partitions that the shard does not read are
   * of no concern. Rejects with `signal.reason`, or with the reason why the shard stopped.
   */
  async waitFor(vector: OffsetVector, signal?: AbortSignal): Promise<void> {
    this.#check()
    const { applied } = this
    const next = new Map([...vector.next].filter(([partition]) => applied.next.has(partition)))
    const wanted = { generation: vector.generation, next }
    if (vector.generation !== applied.generation) this.#unavailableAt(vector, 'is of another generation')
    if (!covers(applied, wanted)) await this.#waiters.wait(wanted, signal)
  }

  /**
   * Resolves when every row before the vector is decided as first or repeated, or the store refuses: then some stay pending.
   * Rejects with `signal.reason`.
   */
  settled(vector: OffsetVector, signal: AbortSignal): Promise<void> {
    return this.#lanes.settled(vector, AbortSignal.any([signal, this.stopped]))
  }

  /**
   * Applies what the log has now and waits until each row is decided, or the store refuses: then some are left pending.
   * Throws `CorruptError`, `UnavailableError`.
   */
  async catchUp(): Promise<void> {
    for (const partition of this.partitions) {
      const end = await this.ports.log.end(partition)
      while (this.#applier.next(partition) < end) await this.readOnce(partition)
    }
    await this.#lanes.idle()
    this.#check()
  }

  /** Reads once from a partition and applies what came. An error other than `UnavailableError` stops the shard. */
  async readOnce(partition: number): Promise<void> {
    this.#check()
    try {
      await this.#applier.readOnce(partition, this.limits.readBytesMax)
    } catch (error) {
      if (!(error instanceof UnavailableError)) this.stop(error)
      throw error
    }
    this.#waiters.notify(this.applied)
  }

  /** Next offset of a partition. */
  next(partition: number): number {
    return this.#applier.next(partition)
  }

  /**
   * Makes the tail a segment, as far as it is decided; of a long tail the oldest part (`cut/extent.ts`). Throws `UnavailableError` (call again), `CorruptError` `CUT_MISMATCH`
   * (nothing changed). A replica that diverged or was superseded stops.
   */
  cut(): Promise<CutOutcome> {
    return this.#guard(() => this.#cutter.cut())
  }

  /** Adopts newer manifests. False when one is ahead of what is applied here. Throws as `cut`. */
  follow(): Promise<boolean> {
    return this.#guard(() => this.#cutter.follow())
  }

  /** Forgets what no query can ask for any more. */
  expire(): void {
    this.#history.expire(this.ports.clock.monotonic())
    const { firstRecord: tail } = this.#tail
    this.#records.dropBefore(Math.min(tail, this.#history.firstRecord, this.#lanes.firstRecord, this.#records.next))
  }

  /** Stops for good: nothing is answered any more, waiters are told the reason. */
  stop(reason: unknown): void {
    if (this.#failure !== undefined) return
    this.#failure = reason
    this.#closing.abort(reason)
    this.#waiters.fail(reason)
  }

  /** Aborted when the shard stops. */
  get stopped(): AbortSignal {
    return this.#closing.signal
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  #state(): Omit<State, 'runs'> {
    return { base: this.#manifest.offsets, stored: this.#stored }
  }

  #stateAt(at: OffsetVector, current: State): State {
    if (!covers(this.applied, at)) this.#unavailableAt(at, `is not applied yet, ${vectorText(this.applied)} is`)
    if (covers(at, current.base)) return current
    const past = this.#history.find(at)
    return past ?? this.#unavailableAt(at, `is no longer kept, ${vectorText(current.base)} is the oldest`)
  }

  /** The part of a vector that concerns this shard. */
  #restrict(at: OffsetVector): OffsetVector {
    const next = new Map<number, number>()
    for (const partition of this.partitions) {
      const offset = at.next.get(partition)
      if (offset === undefined) return this.#unavailableAt(at, `does not name partition ${partition}`)
      next.set(partition, offset)
    }
    return { generation: at.generation, next }
  }

  #unavailableAt(at: OffsetVector, why: string): never {
    return unavailable('OFFSET_UNAVAILABLE', `shard ${this.id}: ${vectorText(at)} ${why}`)
  }

  #append(of: DayOf, rows: DecidedRows): void {
    this.#oldestRowMs ??= this.ports.clock.monotonic()
    if (this.#tail.append(of, rows)) this.#mergeRuns()
  }

  #mergeRuns(): void {
    // A merge across the edge of the cut under way would keep rows in memory that its segment has.
    if (this.#cutter.isBusy) return
    this.#tail.merge(this.ports.background).catch((error) => this.stop(error))
  }

  async #retry({ project, day }: DayOf, error: unknown): Promise<void> {
    const isExpected = error instanceof UnavailableError || error instanceof CorruptError
    if (!isExpected) {
      this.stop(error)
      throw error
    }
    const fields = { shard: this.id, project, day, error: error.message }
    this.ports.logger.warn('rows wait to be compared with segments', fields)
    await this.ports.clock.sleep(this.limits.retryMs, this.stopped)
  }

  async #guard<Result>(act: () => Promise<Result>): Promise<Result> {
    this.#check()
    try {
      return await act()
    } catch (error) {
      if (isFinal(error, this.#onDivergence)) this.stop(error)
      throw error
    }
  }

  #cutterShard() {
    const shard = this
    return {
      get manifest() {
        return shard.#manifest
      },
      get stored() {
        return shard.#stored
      },
      records: this.#records,
      get segmentRowsMax() {
        return shard.limits.segmentRowsMax
      },
      decided: () => this.#lanes.decidedBefore(this.applied),
      seal: () => this.#tail.seal(),
      install: (manifest: Manifest, stored: readonly Stored[]) => this.#install(manifest, stored),
    }
  }

  #install(manifest: Manifest, stored: readonly Stored[]): void {
    const nowMs = this.ports.clock.monotonic()
    this.#history.push(
      { ...this.#state(), runs: this.#tail.seal() },
      { until: this.#lanes.decidedBefore(this.applied), expiresMs: nowMs + this.limits.queryDeadlineMs },
    )
    this.#manifest = manifest
    this.#stored = stored
    this.#tail.dropCut(manifest.offsets)
    this.#lanes.dropCut(manifest.offsets, this.limits.filterBytesMax)
    this.#committedMs = nowMs
    this.#oldestRowMs = this.#tail.rows > 0 ? nowMs : undefined
    this.expire()
  }
}

/** Errors after which the replica must not go on. */
function isFinal(error: unknown, onDivergence: 'stop' | 'stay'): boolean {
  if (error instanceof UnavailableError) return error.code === 'SHARD_SUPERSEDED'
  return !(error instanceof CorruptError) || (error.code === 'REPLICA_DIVERGED' && onDivergence === 'stop')
}
