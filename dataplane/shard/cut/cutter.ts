/**
 * Cuts and adoptions: how the shard's stored state moves from one manifest to the next (MAN-1, AUD-1).
 *
 * One at a time. A cut writes a segment, commits a manifest and adopts it like anybody's. A commit whose
 * outcome is not known is found out before anything else is decided. The loser of a race leaves its object
 * to the garbage collector, adopts the winner's manifest, and cuts what is left another time.
 *
 * Adopting compares the digest that the manifest states with that of the same range of offsets here. If
 * they differ, one of the two replicas is wrong; this one keeps its rows and stops (`REPLICA_DIVERGED`).
 *
 * Does not: decide when to cut (`policy.ts`), or retry.
 */
import { CorruptError, corrupt, unavailable } from '../../../common/errors/errors.ts'
import type { ShardLimits } from '../../core/limits.ts'
import type { OffsetVector } from '../../schema/event.ts'
import { commitManifest } from '../../storage/manifest/commit.ts'
import { headVersion, loadReferences, loadVersion, type PageCache } from '../../storage/manifest/load.ts'
import type { Manifest, Operation } from '../../storage/manifest/manifest.ts'
import { planPages, writePages } from '../../storage/manifest/pages.ts'
import { digestsEqual, digestText } from '../../storage/segment/digest.ts'
import type { RecordTable } from '../records.ts'
import type { Run } from '../run/run.ts'
import { openStored, type Stored } from '../stored.ts'
import { covers, rangeText, vectorText } from '../vector.ts'
import { cutEnd } from './extent.ts'
import { type CutPorts, hexNonce, writeCut } from './write.ts'

/** Manifests read at once while following. */
const versionsAtOnce = 16

/** What the cutter needs of its shard. */
export interface CutterShard {
  readonly manifest: Manifest
  readonly stored: readonly Stored[]
  readonly records: RecordTable
  /** Rows that a cut should have, about. */
  readonly segmentRowsMax: number
  /** Everything before it is applied here and decided. */
  decided(): OffsetVector
  /** All rows of the tail as runs, with their digests in `records`. */
  seal(): readonly Run[]
  /** The manifest is the shard's state now. */
  install(manifest: Manifest, stored: readonly Stored[]): void
}

export type CutOutcome =
  | { readonly kind: 'cut'; readonly version: number; readonly rows: number }
  /** Nothing was applied and decided since the last cut. */
  | { readonly kind: 'nothing' }
  /** Another replica has the version; adopted if this one has applied as much. */
  | { readonly kind: 'lost' }

interface Prepared {
  readonly manifest: Manifest
  readonly stored: Stored | undefined
  readonly rows: number
}

export class Cutter {
  readonly #ports: CutPorts
  readonly #shard: CutterShard
  readonly #limits: ShardLimits
  readonly #pages: PageCache = new Map()
  /** A commit that may have happened, until it is adopted or known to have lost. */
  #unresolved: Prepared | undefined
  /** Another's manifest is committed that is ahead of what is applied here: no cut of ours can win before it is adopted. */
  #isBehind = false
  #turn: Promise<unknown> = Promise.resolve()
  #isBusy = false

  constructor(ports: CutPorts, shard: CutterShard, limits: ShardLimits) {
    this.#ports = ports
    this.#shard = shard
    this.#limits = limits
  }

  get isBusy(): boolean {
    return this.#isBusy
  }

  /** Throws `UnavailableError` (nothing is lost, call again) and `CorruptError` (`CUT_MISMATCH`, `REPLICA_DIVERGED`). */
  cut(): Promise<CutOutcome> {
    return this.#exclusive(async () => {
      if (this.#isBehind && !(await this.#adoptNewer())) return { kind: 'lost' }
      const prepared = this.#unresolved ?? (await this.#prepare())
      return prepared === undefined ? { kind: 'nothing' } : this.#commit(prepared)
    })
  }

  /** Adopts manifests that others committed. False when one is ahead of what is applied here. Throws as `cut`. */
  follow(): Promise<boolean> {
    return this.#exclusive(() => this.#adoptNewer())
  }

  async #prepare(): Promise<Prepared | undefined> {
    const { manifest, records } = this.#shard
    const decided = this.#shard.decided()
    if (covers(manifest.offsets, decided)) return undefined
    const runs = this.#shard.seal()
    const to = cutEnd(runs, { from: manifest.offsets, to: decided }, this.#shard.segmentRowsMax)
    const window = { from: manifest.offsets, to }
    const digest = records.digest(window.from, window.to)
    const cuts = { first: manifest.nextCut, last: manifest.nextCut }
    const plan = { shard: manifest.shard, cuts, runs, records, window, digest }
    const stored = digest.rows === 0 ? undefined : await writeCut(this.#ports, plan)
    const segment = stored?.reference.id ?? null
    const operation: Operation = { kind: 'cut', input: digest, output: stored?.reference.digest ?? digest, segment }
    return { manifest: await this.#next(operation, to, stored), stored, rows: digest.rows }
  }

  async #next(operation: Operation, offsets: OffsetVector, stored: Stored | undefined): Promise<Manifest> {
    const { manifest } = this.#shard
    const references = stored === undefined ? manifest.references : [...manifest.references, stored.reference]
    const plan = planPages(references, this.#limits.inlineReferencesMax)
    return {
      ...manifest,
      version: manifest.version + 1,
      previous: manifest.version,
      nonce: hexNonce(this.#ports.random),
      offsets,
      nextCut: manifest.nextCut + (stored === undefined ? 0 : 1),
      references: plan.inline,
      pages: await writePages(this.#ports.store, manifest.shard, { pages: manifest.pages, plan }),
      operation,
    }
  }

  async #commit(prepared: Prepared): Promise<CutOutcome> {
    const { manifest } = prepared
    this.#unresolved = prepared
    const outcome = await commitManifest(this.#ports.store, manifest)
    if (outcome.kind === 'superseded') {
      const what = `shard ${manifest.shard}: manifest ${manifest.version} is ours but ${outcome.head} is there`
      unavailable('SHARD_SUPERSEDED', what)
    }
    if (outcome.kind === 'lost') {
      this.#unresolved = undefined
      await this.#adoptNewer()
      return { kind: 'lost' }
    }
    await this.#adopt(manifest, prepared.stored)
    return { kind: 'cut', version: manifest.version, rows: prepared.rows }
  }

  async #adoptNewer(): Promise<boolean> {
    const { store } = this.#ports
    const { shard } = this.#shard.manifest
    const head = await headVersion(store, shard)
    while (this.#shard.manifest.version < head) {
      const first = this.#shard.manifest.version + 1
      const last = Math.min(head, first + versionsAtOnce - 1)
      const newer = await Promise.all(
        Array.from({ length: last - first + 1 }, (_, i) =>
          loadVersion(store, shard, first + i).catch((error) => missed(error, { shard, version: first + i, head })),
        ),
      )
      this.#isBehind = !(await this.#adopt(nextOf(this.#shard.manifest, newer)))
      if (this.#isBehind) return false
    }
    return true
  }

  /** False when the manifest is ahead of what is applied and decided here. */
  async #adopt(next: Manifest, written?: Stored): Promise<boolean> {
    const { manifest } = this.#shard
    checkSuccession(manifest, next)
    if (!covers(this.#shard.decided(), next.offsets)) return false
    this.#shard.seal()
    this.#compare(next)
    const references = await loadReferences(this.#ports.store, next, this.#pages)
    const known = written === undefined ? this.#shard.stored : [...this.#shard.stored, written]
    const stored = await openStored(this.#ports.store, references, { known, atOnce: this.#limits.openSegmentsAtOnce })
    this.#shard.install(next, stored)
    // A commit that may have happened at this version has not, or is the one adopted.
    if (this.#unresolved !== undefined && this.#unresolved.manifest.version <= next.version)
      this.#unresolved = undefined
    return true
  }

  #compare({ shard, version, operation, offsets }: Manifest): void {
    if (operation.kind === 'create') return
    const from = this.#shard.manifest.offsets
    const ours = this.#shard.records.digest(from, offsets)
    if (digestsEqual(ours, operation.output)) return
    corrupt({
      code: 'REPLICA_DIVERGED',
      object: `manifest ${version} of shard ${shard}`,
      what: `digest of the log from ${vectorText(from)} to ${vectorText(offsets)}`,
      got: digestText(operation.output),
      want: `${digestText(ours)}, as applied here`,
    })
  }

  #exclusive<Result>(act: () => Promise<Result>): Promise<Result> {
    const turn = this.#turn.then(async () => {
      this.#isBusy = true
      try {
        return await act()
      } finally {
        this.#isBusy = false
      }
    })
    this.#turn = turn.catch(() => undefined)
    return turn
  }
}

/** A version below the head that is not there was deleted: this replica slept too long to follow. */
function missed(error: unknown, { shard, version, head }: { shard: string; version: number; head: number }): never {
  if (!(error instanceof CorruptError) || error.code !== 'OBJECT_MISSING') throw error
  return unavailable('SHARD_SUPERSEDED', `shard ${shard}: manifest ${version} is gone and ${head} is there`)
}

/**
 * The version to adopt after `manifest`: mostly the next one. Where a range was rebuilt, those that it replaces are passed
 * over; who has adopted one of them already must start anew.
 */
function nextOf(manifest: Manifest, newer: readonly Manifest[]): Manifest {
  for (const next of [...newer].reverse()) {
    if (next.operation.kind !== 'rebuild' || next.operation.base > manifest.version) continue
    if (next.operation.base === manifest.version) return next
    const { shard, version } = manifest
    unavailable('SHARD_SUPERSEDED', `shard ${shard}: manifest ${next.version} rebuilt from the log what ${version} has`)
  }
  return newer[0]!
}

/** What never changes from one version to the next, as far as this build knows. */
function checkSuccession(manifest: Manifest, next: Manifest): void {
  const { operation, previous } = next
  const from = operation.kind === 'rebuild' ? operation.base : previous
  const fits =
    from === manifest.version && rangeText(next) === rangeText(manifest) && covers(next.offsets, manifest.offsets)
  if (fits) return
  corrupt({
    code: 'MANIFEST_CORRUPT',
    object: `manifest ${next.version} of shard ${next.shard}`,
    what: 'what follows the version before',
    got: `version ${from}, ${rangeText(next)}, ${vectorText(next.offsets)}`,
    want: `version ${manifest.version}, ${rangeText(manifest)}, at least ${vectorText(manifest.offsets)}`,
  })
}
