/**
 * What happens when a committed cut and this replica's rows differ (AUD-1): the log is read once more, by this
 * replica and by the others, and whoever agrees with the log is right.
 *
 * | the log, read again | then |
 * |---|---|
 * | agrees with the manifest | this replica is wrong: it starts anew from the store |
 * | differs from the manifest, and another replica reads the same | the others are told, the range is rebuilt from the log by a manifest commit |
 * | is not read alike by two | nobody is known to be right: said, tried again, left to people |
 *
 * No replica rebuilds anything on its own word alone: what altered its rows may alter what it reads again.
 * A shard with one replica has nobody else; it reads twice.
 */
import { CorruptError, UnavailableError } from '../../../common/errors/errors.ts'
import type { Clock } from '../../core/ports.ts'
import type { OffsetVector } from '../../schema/event.ts'
import { type Difference, differenceText, firstDifference } from '../../shard/audit/difference.ts'
import { commitRebuild } from '../../shard/audit/rebuild.ts'
import { type Reread, rereadLog } from '../../shard/audit/reread.ts'
import { judge, type Verdict } from '../../shard/audit/verdict.ts'
import type { Window } from '../../shard/run/run.ts'
import type { Shard, ShardPorts } from '../../shard/shard.ts'
import { openStored } from '../../shard/stored.ts'
import { vectorText } from '../../shard/vector.ts'
import { baseOf, lineage, loadHead, loadVersion } from '../../storage/manifest/load.ts'
import type { Manifest } from '../../storage/manifest/manifest.ts'
import { digestsEqual } from '../../storage/segment/digest.ts'
import type { Opinion, Peers } from './peers.ts'

export type AuditState = 'unaudited' | 'audited' | 'diverged'

/** What the replica has to do: go on as it is, or start anew from the store. */
export type Ruling = 'go on' | 'start anew'

export interface AuditorOptions {
  readonly ports: Omit<ShardPorts, 'log'>
  readonly peers: Peers
  readonly clock: Clock
  /** Told of each divergence that is found. */
  readonly diverged: () => void
  /** Rows of cuts that a start compares with the log besides those of the newest; `startRowsMax` by default. */
  readonly startRowsMax?: number
}

/** Pause before a question that could not be settled is asked again. */
const undecidedMs = 5_000
/** Two full cuts: some seconds of reading the log again, beside the work of the replica. */
const startRowsMax = 1_048_576

export class Auditor {
  state: AuditState = 'unaudited'
  /** For people: range, first differing row, who is wrong. Empty while audited. */
  message = 'not compared with the log yet'
  /** False once its rows are known to differ from the log, until it has started anew. */
  mayAnswer = true
  readonly #options: AuditorOptions

  constructor(options: AuditorOptions) {
    this.#options = options
  }

  /** Nothing is known against it: a replica that starts anew. */
  begin(): void {
    this.mayAnswer = true
    if (this.state === 'audited') this.#become('unaudited', 'not compared with the log since its start')
  }

  /** What it has was compared with the log. */
  passed(): void {
    this.mayAnswer = true
    this.#become('audited', '')
  }

  /** A manifest that was compared with the rows here is in force. What is known to be wrong below it stays wrong. */
  adopted(): void {
    if (this.state === 'diverged' && this.mayAnswer) this.passed()
  }

  /**
   * Compares what the newest versions state with the log, as far back as it reaches: a replica that starts from them has
   * applied nothing of them. What the log no longer has, every replica had compared before it was trimmed.
   */
  async checkOpened(shard: Shard, signal: AbortSignal): Promise<Ruling> {
    const { versions, base } = await keptVersions(shard, this.#options.startRowsMax ?? startRowsMax)
    if (base !== undefined) {
      const range = { manifest: base, to: shard.manifest.offsets, known: shard.stored }
      const log = await unlessTrimmed(rereadLog(shard.ports, range, signal))
      const [first] = log === undefined ? [] : judge({ log, versions, own: undefined }).wrong
      if (first !== undefined) {
        // Known before anybody has confirmed it, and until the shard has started anew.
        this.mayAnswer = false
        return this.settle(shard, await loadVersion(shard.ports.store, shard.id, baseOf(first.version)), signal)
      }
    }
    this.passed()
    return 'go on'
  }

  /** `base`: the last version that nobody doubts. Resolves when it is settled. Throws `signal.reason`, `CorruptError`. */
  async settle(shard: Shard, base: Manifest, signal: AbortSignal): Promise<Ruling> {
    this.#options.diverged()
    for (;;) {
      try {
        const ruling = await this.#try(shard, base, signal)
        if (ruling !== undefined) return ruling
      } catch (error) {
        signal.throwIfAborted()
        if (!(error instanceof UnavailableError)) throw error
        this.#become('diverged', `the divergence cannot be settled yet: ${error.message}`)
      }
      await this.#options.clock.sleep(undecidedMs, signal)
    }
  }

  async #try(shard: Shard, base: Manifest, signal: AbortSignal): Promise<Ruling | undefined> {
    const { ports, peers } = this.#options
    const head = await loadHead(ports.store, shard.id)
    const versions = head && (await lineage(ports.store, head, base.version))
    // Somebody has settled it already, in a way that leaves out where we stand.
    if (head === undefined || versions === undefined) return 'start anew'
    const log = await rereadLog(shard.ports, { manifest: base, to: head.offsets, known: shard.stored }, signal)
    const own = shard.manifest.version === base.version ? { ...shard.tail(), decided: shard.decided } : undefined
    const verdict = judge({ log, versions, own })
    this.mayAnswer = verdict.ownWrong === undefined && own !== undefined
    const ruling: Ruling = this.mayAnswer ? 'go on' : 'start anew'
    const message = await this.#describe(shard, log, verdict)
    this.#become('diverged', message)
    const [first] = verdict.wrong
    if (first === undefined) return ruling
    const doubts = await this.#doubts(shard, log, head.offsets, signal)
    if (doubts !== undefined) {
      this.#become('diverged', `${message}; not repaired: ${doubts}`)
      return undefined
    }
    await peers.distrust(first.version.version, message)
    const outcome = await commitRebuild(ports, log, head)
    if (outcome.kind !== 'won') return undefined
    ports.logger.warn('a range was rebuilt from the log', { shard: shard.id, from: base.version, to: head.version })
    await peers.distrust(first.version.version, message)
    return ruling
  }

  /** Why nobody else confirms what this replica reads; `undefined` when somebody does and none denies it. */
  async #doubts(shard: Shard, log: Reread, to: OffsetVector, signal: AbortSignal): Promise<string | undefined> {
    const { peers } = this.#options
    const from = log.manifest.offsets
    const truth = log.digest(from, to)
    const opinions: Opinion[] =
      peers.count > 0 ? await peers.opinions({ from, to }, signal) : [await this.#again(shard, log, to, signal)]
    const agrees = ({ digest }: Opinion) => !(digest instanceof Error) && digestsEqual(digest as typeof truth, truth)
    const denied = opinions.find((opinion) => !(opinion.digest instanceof Error) && !agrees(opinion))
    if (denied !== undefined) return `${denied.by} reads other rows from the log`
    if (opinions.some(agrees)) return undefined
    const silent = opinions.map(({ by, digest }) => `${by}: ${digest instanceof Error ? digest.message : ''}`)
    return `no other replica confirms it (${silent.join('; ')})`
  }

  async #again(shard: Shard, { manifest }: Reread, to: OffsetVector, signal: AbortSignal): Promise<Opinion> {
    const log = await rereadLog(shard.ports, { manifest, to, known: shard.stored }, signal)
    return { by: 'this replica', digest: log.digest(manifest.offsets, to) }
  }

  /** Who is wrong where, and the first row that shows it. */
  async #describe(shard: Shard, log: Reread, { wrong, ownWrong }: Verdict): Promise<string> {
    const sides: string[] = []
    const [first] = wrong
    if (first !== undefined) {
      const segments = await this.#segmentsOf(shard, first.version)
      const found = segments && (await firstDifference(log, { segments }, first.range))
      sides.push(`manifest ${first.version.version} does not hold what the log says ${named(first.range, found)}`)
    }
    if (ownWrong !== undefined) {
      const found = await firstDifference(log, shard.tail(), ownWrong)
      sides.push(`this replica has not applied what the log says ${named(ownWrong, found)}`)
    }
    return sides.length === 0 ? 'no difference was found when the log was read again' : sides.join('; ')
  }

  /** The segment that the version added, opened anew: it may be damaged. */
  async #segmentsOf({ ports, stored }: Shard, { operation, references }: Manifest) {
    const id = operation.kind === 'create' ? null : operation.segment
    const reference = references.find((one) => one.id === id)
    if (reference === undefined) return id === null ? [] : undefined
    try {
      return (await openStored(ports.store, [reference], { known: stored, atOnce: 1 })).map(({ segment }) => segment)
    } catch {
      return undefined
    }
  }

  #become(state: AuditState, message: string): void {
    if (state === 'diverged' && message !== this.message) {
      this.#options.ports.logger.error('replica divergence', { message })
    }
    this.state = state
    this.message = message
  }
}

/**
 * The newest versions whose range the log still has, in order, and the one before them, `undefined` where there is none to
 * compare. The newest always, others while they have no more than `rowsMax` rows together.
 */
async function keptVersions(
  { manifest, ports, id }: Shard,
  rowsMax: number,
): Promise<{ versions: Manifest[]; base: Manifest | undefined }> {
  const versions: Manifest[] = []
  const starts = new Map<number, number>()
  for (const partition of manifest.offsets.next.keys()) starts.set(partition, await ports.log.start(partition))
  let rows = 0
  for (let version = manifest; ; ) {
    const { operation } = version
    if (operation.kind === 'create') break
    rows += operation.output.rows
    const before = await loadVersion(ports.store, id, baseOf(version))
    if ((versions.length > 0 && rows > rowsMax) || !isKept(starts, before.offsets)) break
    versions.unshift(version)
    version = before
  }
  const [oldest] = versions
  return { versions, base: oldest && (await loadVersion(ports.store, id, baseOf(oldest))) }
}

/** Whether the log, which starts there, has everything from the vector on. */
function isKept(starts: ReadonlyMap<number, number>, from: OffsetVector): boolean {
  for (const [partition, next] of from.next) if (starts.get(partition)! > next) return false
  return true
}

/** `undefined` when the log was trimmed while it was read. */
async function unlessTrimmed(reading: Promise<Reread>): Promise<Reread | undefined> {
  try {
    return await reading
  } catch (error) {
    if (error instanceof CorruptError && error.code === 'LOG_GAP') return undefined
    throw error
  }
}

function named({ from, to }: Window, found: Difference | undefined): string {
  const row = found === undefined ? 'the digests differ' : differenceText(found)
  return `from ${vectorText(from)} to ${vectorText(to)}: ${row}`
}
