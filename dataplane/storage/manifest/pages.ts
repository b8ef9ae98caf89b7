/**
 * Reference pages: where a manifest's older references go, so that a commit writes what is new and not
 * the whole history.
 *
 * A page holds the references whose last day is its day. It is immutable and named by its digest; adding
 * to a day writes a new page, and the old one stays for the manifests that name it. Which references
 * move is decided by `planPages`, pure; `writePages` carries it out before the commit that names them.
 *
 * Does not: delete old pages (`gc/`), or order references across pages (`loadReferences`).
 */
import { corrupt } from '../../../common/errors/errors.ts'
import { murmur128 } from '../../../common/hash/murmur128.ts'
import type { ObjectStore } from '../../core/ports.ts'
import { putTwice } from '../object/put.ts'
import { readObject } from '../object/read.ts'
import { decodePage, encodePage } from './body.ts'
import { envelopeBytesMax } from './envelope.ts'
import { pageKey } from './key.ts'
import type { DayRange, PageReference, SegmentReference } from './manifest.ts'

export interface PagePlan {
  readonly inline: readonly SegmentReference[]
  /** Older references by their last day, to be added to the page of that day. */
  readonly moved: ReadonlyMap<number, readonly SegmentReference[]>
}

/** At more than `inlineMax` references the older half moves, so that pages are written once in `inlineMax / 2` cuts. */
export function planPages(references: readonly SegmentReference[], inlineMax: number): PagePlan {
  if (references.length <= inlineMax) return { inline: references, moved: new Map() }
  const keep = inlineMax >>> 1
  const older = references.slice(0, references.length - keep)
  const moved = Map.groupBy(older, ({ days }) => days.last)
  return { inline: references.slice(references.length - keep), moved }
}

/** Writes the pages of a plan and answers the manifest's page list with them. Safe to repeat. */
export async function writePages(
  store: ObjectStore,
  shard: string,
  { pages, plan }: { pages: readonly PageReference[]; plan: PagePlan },
): Promise<PageReference[]> {
  const byDay = new Map(pages.map((page) => [page.day, page]))
  for (const [day, added] of plan.moved) {
    const before = byDay.get(day)
    const references = [...(before === undefined ? [] : await loadPage(store, before)), ...added]
    const bytes = encodePage({ shard, day, references })
    const digest = digestOf(bytes)
    const key = pageKey(shard, day, digest)
    // The key is the digest of the bytes: what exists is the same page.
    await putTwice(store, key, bytes)
    byDay.set(day, { day, key, digest, references: references.length, days: union(references) })
  }
  return [...byDay.values()].sort((a, b) => a.day - b.day)
}

/** Throws `CorruptError` when the page is missing, damaged, or not the one named. */
export async function loadPage(store: ObjectStore, page: PageReference): Promise<readonly SegmentReference[]> {
  const bytes = await readObject(store, page.key, envelopeBytesMax)
  if (bytes === undefined) {
    const want = `${page.references} references of day ${page.day}`
    return corrupt({ code: 'OBJECT_MISSING', object: page.key, what: 'page', got: 'none', want })
  }
  const { references } = decodePage(page, bytes)
  const digest = digestOf(bytes)
  if (digest !== page.digest) {
    corrupt({ code: 'MANIFEST_CORRUPT', object: page.key, what: 'digest', got: digest, want: page.digest })
  }
  return references
}

function union(references: readonly SegmentReference[]): DayRange {
  return {
    first: Math.min(...references.map(({ days }) => days.first)),
    last: Math.max(...references.map(({ days }) => days.last)),
  }
}

function digestOf(bytes: Uint8Array): string {
  const words = new Uint32Array(4)
  murmur128(bytes, 0, bytes.length, 0x70616765, words)
  return [...words].map((word) => word.toString(16).padStart(8, '0')).join('')
}
