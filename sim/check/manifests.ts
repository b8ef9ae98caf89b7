/**
 * Watches the bucket for MAN-1: objects never change, manifests form one chain whose vector never goes back,
 * and each holds exactly the rows of the log before its offsets, masked as the oracle masks them.
 *
 * A replica with a defect may commit a version that holds something else; then it must be passed over in the end (AUD-1).
 *
 * Rows are decoded from the written objects and compared with the dump of the log one by one, not by the
 * digests that the shards compare.
 */

import type { ObjectStore } from '../../dataplane/core/ports.ts'
import { position, projectBase, type RingRange, spreadMax } from '../../dataplane/schema/placement.ts'
import { decodeManifest } from '../../dataplane/storage/manifest/body.ts'
import { manifestKey, manifestPrefix, versionOfKey } from '../../dataplane/storage/manifest/key.ts'
import { baseOf, loadReferences } from '../../dataplane/storage/manifest/load.ts'
import type { Manifest, SegmentReference } from '../../dataplane/storage/manifest/manifest.ts'
import { readObject } from '../../dataplane/storage/object/read.ts'
import { digestsEqual, digestText } from '../../dataplane/storage/segment/digest.ts'
import { openSegment } from '../../dataplane/storage/segment/open.ts'
import { readSlices } from '../../dataplane/storage/segment/rows.ts'
import { BytesSource } from '../../dataplane/storage/segment/source.ts'
import { markDuplicatesLinear } from '../../oracle/answer.ts'
import type { World } from '../world.ts'
import { contentOf } from './ledger.ts'
import { toOracle } from './oracle-events.ts'
import { difference, rowText, rowTexts } from './rows.ts'
import { violated } from './violation.ts'

/** More than any object of a history. */
const bytesMax = 1 << 20

interface Version {
  readonly bytes: Uint8Array
  readonly manifest: Manifest
  readonly references: readonly SegmentReference[]
  /** In which way it, or one that it goes on from, differs from the log. */
  readonly wrong: string | undefined
}

export class ManifestCheck {
  readonly #world: World
  readonly #refresh: () => Promise<void>
  /** By shard, by version. */
  readonly #versions: ReadonlyMap<string, Map<number, Version>>
  #changes = -1

  /** `refresh` takes a new dump of the log into the ledger. */
  constructor(world: World, { shards, refresh }: { shards: readonly string[]; refresh: () => Promise<void> }) {
    this.#world = world
    this.#refresh = refresh
    this.#versions = new Map(shards.map((shard) => [shard, new Map()]))
  }

  /** Looks at what is new. Cheap when nothing is. */
  async look(): Promise<void> {
    const { objects } = this.#world
    const rewritten = objects.rewritten()
    if (rewritten !== undefined) violated('MAN-1', `${rewritten} was rewritten: objects are immutable`)
    if (objects.changes === this.#changes) return
    this.#changes = objects.changes
    const store = objects.outside()
    for (const [shard, versions] of this.#versions) await this.#lookAt(store, shard, versions)
  }

  /** The newest version of each shard goes on from none that holds anything but the log. */
  checkEnd(): void {
    for (const [shard, versions] of this.#versions) {
      const head = versions.get(Math.max(...versions.keys()))
      if (head?.wrong !== undefined) {
        violated('AUD-1', `nobody has found out that a version of ${shard} is wrong: ${head.wrong}`)
      }
    }
  }

  async #lookAt(store: ObjectStore, shard: string, versions: Map<number, Version>): Promise<void> {
    const keys = await store.list(manifestPrefix(shard))
    const present = new Map(keys.reverse().map((key) => [versionOfKey(shard, key), key]))
    for (const [version, { bytes }] of versions) {
      const key = present.get(version)
      const now = key === undefined ? undefined : await readObject(store, key, bytesMax)
      if (now !== undefined && Buffer.compare(now, bytes) === 0) continue
      const gone = manifestKey(shard, version)
      const what = now === undefined ? 'disappeared' : 'changed'
      // What a power cut takes back, nobody may have been told of.
      if (this.#world.machine.powerCuts === 0 || this.#world.toldManifests.has(gone))
        violated('MAN-1', `${gone} ${what}`)
      versions.delete(version)
      this.#world.state('manifest taken back by a power cut')
    }
    for (const [version, key] of present) {
      if (!versions.has(version)) versions.set(version, await this.#check(store, key, versions))
    }
  }

  async #check(store: ObjectStore, key: string, versions: ReadonlyMap<number, Version>): Promise<Version> {
    const bytes = (await readObject(store, key, bytesMax))!
    const manifest = decodeManifest(key, bytes)
    const { shard, version, previous } = manifest
    if (manifestKey(shard, version) !== key) violated('MAN-1', `${key} says that it is version ${version} of ${shard}`)
    if (previous !== version - 1) violated('MAN-1', `${key} follows version ${previous}`)
    const [before, base] = [versions.get(previous), versions.get(baseOf(manifest))]
    if (version > 1 && (before === undefined || base === undefined)) violated('MAN-1', `${key} follows nothing`)
    const references = await loadReferences(store, manifest)
    this.#checkOffsets(key, manifest, before?.manifest)
    await this.#refresh()
    const difference = await this.#checkReferences(store, { key, now: { manifest, references }, base })
    if (difference !== undefined && (!this.#world.audit.hasDefect || manifest.operation.kind === 'rebuild')) {
      violated('MAN-1', `${key}: its segment is not the log between its offsets: ${difference}`)
    }
    if (difference !== undefined) this.#world.state('wrong cut of a replica with a defect')
    if (manifest.operation.kind === 'rebuild') this.#world.state('range rebuilt from the log')
    return { bytes, manifest, references, wrong: difference ?? base?.wrong }
  }

  #checkOffsets(key: string, { offsets, nonce, nextCut, ring }: Manifest, before: Manifest | undefined): void {
    if (before === undefined) return
    if (nonce === before.nonce) violated('MAN-1', `${key} has the nonce of the version before it`)
    if (nextCut < before.nextCut) violated('MAN-1', `${key} counts cuts back from ${before.nextCut} to ${nextCut}`)
    if (ring.start !== before.ring.start || ring.end !== before.ring.end) violated('MAN-1', `${key} has another range`)
    for (const [partition, next] of before.offsets.next) {
      const now = offsets.next.get(partition) ?? 0
      if (now < next) violated('MAN-1', `${key} goes back in partition ${partition} from ${next} to ${now}`)
    }
  }

  /**
   * The references of its base, in their order, and at most one more. Answers in which way that does not hold exactly the rows
   * of the log between.
   */
  async #checkReferences(
    store: ObjectStore,
    { key, now, base }: { key: string; now: Omit<Version, 'bytes' | 'wrong'>; base: Version | undefined },
  ): Promise<string | undefined> {
    const { manifest, references } = now
    const kept = base?.references ?? []
    const news = references.slice(kept.length)
    const isSame = kept.every((reference, at) => reference.key === references[at]?.key)
    if (!isSame || news.length > 1) violated('MAN-1', `${key} does not keep the segments of the version before it`)
    const operation = manifest.operation
    if (operation.kind !== 'create' && !digestsEqual(operation.input, operation.output)) {
      const [input, output] = [digestText(operation.input), digestText(operation.output)]
      violated('MAN-1', `${key} wrote ${output} where the log has ${input}`)
    }
    const got: string[] = []
    for (const reference of news) got.push(...(await rowsOf(store, key, reference)))
    const from = base?.manifest.offsets.next ?? new Map<number, number>()
    return difference(got, this.#rowsOfLog(manifest.ring, from, manifest.offsets.next))
  }

  #rowsOfLog(ring: RingRange, from: ReadonlyMap<number, number>, to: ReadonlyMap<number, number>): string[] {
    const events = this.#world.ledger.before(to)
    const marked = markDuplicatesLinear(events.map(toOracle))
    return events.flatMap(({ event, h, at }, index) => {
      if (at.offset < (from.get(at.partition) ?? 0) || !isInside(ring, event.project, h)) return []
      return [rowText(contentOf(event), marked[index]!.duplicate)]
    })
  }
}

export function isInside({ start, end }: RingRange, project: string, h: number): boolean {
  const at = position(projectBase(project), h, spreadMax)
  return at >= start && at < end
}

async function rowsOf(store: ObjectStore, manifest: string, { key, bytes }: SegmentReference): Promise<string[]> {
  const object = await readObject(store, key, bytesMax)
  if (object === undefined) return violated('MAN-1', `${manifest} names ${key}, which does not exist`)
  if (object.length !== bytes) violated('MAN-1', `${manifest} names ${bytes} bytes of ${key}, of ${object.length}`)
  const slices = await readSlices(await openSegment(new BytesSource(object, key)))
  return slices.flatMap(rowTexts)
}
