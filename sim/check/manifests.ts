/**
 * Watches the bucket for MAN-1: objects never change, manifests form one chain whose vector never goes back,
 * and each holds exactly the rows of the log before its offsets, masked as the oracle masks them.
 *
 * Rows are decoded from the written objects and compared with the dump of the log one by one, not by the
 * digests that the shards compare.
 */

import { position, projectBase, type RingRange, spreadMax } from '../../dataplane/schema/placement.ts'
import { decodeManifest } from '../../dataplane/storage/manifest/body.ts'
import { manifestKey, versionOfKey } from '../../dataplane/storage/manifest/key.ts'
import { loadReferences } from '../../dataplane/storage/manifest/load.ts'
import type { Manifest, SegmentReference } from '../../dataplane/storage/manifest/manifest.ts'
import { digestsEqual, digestText } from '../../dataplane/storage/segment/digest.ts'
import { openSegment } from '../../dataplane/storage/segment/open.ts'
import { readSlices } from '../../dataplane/storage/segment/rows.ts'
import { BytesSource } from '../../dataplane/storage/segment/source.ts'
import { markDuplicatesLinear } from '../../oracle/answer.ts'
import { SimulatedClock } from '../clock.ts'
import type { SimBucket, SimStore } from '../store.ts'
import { contentOf, type Ledger } from './ledger.ts'
import { toOracle } from './oracle-events.ts'
import { difference, rowText, rowTexts } from './rows.ts'
import { violated } from './violation.ts'

interface Version {
  readonly manifest: Manifest
  readonly references: readonly SegmentReference[]
}

export class ManifestCheck {
  readonly #bucket: SimBucket
  readonly #store: SimStore
  readonly #ledger: Ledger
  readonly #refresh: () => Promise<void>
  readonly #objects = new Map<string, Uint8Array>()
  readonly #heads = new Map<string, Version>()

  /** `refresh` takes a new dump of the log into the ledger. */
  constructor(bucket: SimBucket, ledger: Ledger, refresh: () => Promise<void>) {
    this.#bucket = bucket
    this.#store = bucket.connect(new SimulatedClock())
    this.#ledger = ledger
    this.#refresh = refresh
  }

  /** The newest version of a shard that was seen. */
  head(shard: string): Manifest | undefined {
    return this.#heads.get(shard)?.manifest
  }

  /** Looks at what is new in the bucket. Cheap when nothing is. */
  async look(): Promise<void> {
    const fresh: string[] = []
    for (const [key, bytes] of this.#bucket.objects) {
      const known = this.#objects.get(key)
      if (known === bytes) continue
      if (known !== undefined) violated('MAN-1', `${key} was rewritten: objects are immutable`)
      this.#objects.set(key, bytes)
      if (key.startsWith('manifests/')) fresh.push(key)
    }
    for (const key of fresh.sort().reverse()) await this.#lookAt(key)
  }

  async #lookAt(key: string): Promise<void> {
    const manifest = decodeManifest(key, this.#bucket.objects.get(key)!)
    const { shard, version } = manifest
    const head = this.#heads.get(shard)
    if (version !== versionOfKey(shard, key)) violated('MAN-1', `${key} says that it is version ${version}`)
    if (manifest.previous !== version - 1) violated('MAN-1', `${key} follows version ${manifest.previous}`)
    if (version > 1 && !this.#objects.has(manifestKey(shard, version - 1))) violated('MAN-1', `${key} follows nothing`)
    if (version <= (head?.manifest.version ?? 0)) violated('MAN-1', `${key} appeared after a newer version`)
    const references = await loadReferences(this.#store, manifest)
    this.#checkOffsets(key, manifest, head?.manifest)
    await this.#refresh()
    await this.#checkReferences(key, { manifest, references }, head)
    this.#heads.set(shard, { manifest, references })
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

  /** The references of before, in their order, and at most one more, with exactly the rows of the log between. */
  async #checkReferences(key: string, { manifest, references }: Version, before: Version | undefined): Promise<void> {
    const kept = before?.references ?? []
    const news = references.slice(kept.length)
    const isSame = kept.every((reference, at) => reference.key === references[at]?.key)
    if (!isSame || news.length > 1) violated('MAN-1', `${key} does not keep the segments of the version before it`)
    const operation = manifest.operation
    if (operation.kind === 'cut' && !digestsEqual(operation.input, operation.output)) {
      const [input, output] = [digestText(operation.input), digestText(operation.output)]
      violated('MAN-1', `${key} wrote ${output} where the log has ${input}`)
    }
    const got: string[] = []
    for (const reference of news) got.push(...(await this.#rowsOf(key, reference)))
    const from = before?.manifest.offsets.next ?? new Map<number, number>()
    const wrong = difference(got, this.#rowsOfLog(manifest.ring, from, manifest.offsets.next))
    if (wrong !== undefined) violated('MAN-1', `${key}: its segment is not the log between its offsets: ${wrong}`)
  }

  async #rowsOf(manifest: string, { key, bytes: length }: SegmentReference): Promise<string[]> {
    const bytes = this.#bucket.objects.get(key)
    if (bytes === undefined) return violated('MAN-1', `${manifest} names ${key}, which does not exist`)
    if (bytes.length !== length) violated('MAN-1', `${manifest} names ${length} bytes of ${key}, of ${bytes.length}`)
    const slices = await readSlices(await openSegment(new BytesSource(bytes, key)))
    return slices.flatMap(rowTexts)
  }

  #rowsOfLog(ring: RingRange, from: ReadonlyMap<number, number>, to: ReadonlyMap<number, number>): string[] {
    const events = this.#ledger.before(to)
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
