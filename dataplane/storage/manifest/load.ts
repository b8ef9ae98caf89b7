/**
 * Finding and reading manifests: the newest of a shard, any older one, and all references of one.
 *
 * Does not: fall back to an older version when the newest is damaged. That would show a state that was
 * left behind; people decide it.
 */
import { corrupt } from '../../../common/errors/errors.ts'
import type { ObjectStore } from '../../core/ports.ts'
import { readObject } from '../object/read.ts'
import { decodeManifest } from './body.ts'
import { envelopeBytesMax } from './envelope.ts'
import { manifestKey, manifestPrefix, versionOfKey } from './key.ts'
import type { Manifest, SegmentReference } from './manifest.ts'
import { loadPage } from './pages.ts'

/** Number of the newest version, 0 when the shard has none. One list of one key. */
export async function headVersion(store: ObjectStore, shard: string): Promise<number> {
  const [key] = await store.list(manifestPrefix(shard), { limit: 1 })
  return key === undefined ? 0 : versionOfKey(shard, key)
}

/** The newest manifest, or `undefined` when the shard has none. Throws `CorruptError`, `UnavailableError`. */
export async function loadHead(store: ObjectStore, shard: string): Promise<Manifest | undefined> {
  const version = await headVersion(store, shard)
  return version === 0 ? undefined : loadVersion(store, shard, version)
}

/** Throws `CorruptError` `OBJECT_MISSING` when there is no such version (any more). */
export async function loadVersion(store: ObjectStore, shard: string, version: number): Promise<Manifest> {
  const key = manifestKey(shard, version)
  const bytes = await readObject(store, key, envelopeBytesMax)
  if (bytes === undefined) {
    return corrupt({ code: 'OBJECT_MISSING', object: key, what: 'manifest', got: 'none', want: `version ${version}` })
  }
  const manifest = decodeManifest(key, bytes)
  if (manifest.shard !== shard || manifest.version !== version) {
    const [got, want] = [`version ${manifest.version} of ${manifest.shard}`, `version ${version} of ${shard}`]
    corrupt({ code: 'MANIFEST_CORRUPT', object: key, what: 'manifest', got, want })
  }
  return manifest
}

/** Pages that were read, by key: they never change. */
export type PageCache = Map<string, readonly SegmentReference[]>

/**
 * Every reference of a manifest, those in pages too, in order of their cuts. `pages` saves reading a page again and is
 * left with the manifest's pages.
 */
export async function loadReferences(
  store: ObjectStore,
  manifest: Manifest,
  pages: PageCache = new Map(),
): Promise<SegmentReference[]> {
  await Promise.all(
    manifest.pages.map(async (page) => pages.set(page.key, pages.get(page.key) ?? (await loadPage(store, page)))),
  )
  const named = new Set(manifest.pages.map(({ key }) => key))
  for (const key of pages.keys()) if (!named.has(key)) pages.delete(key)
  return [...[...pages.values()].flat(), ...manifest.references].sort((a, b) => a.cuts.first - b.cuts.first)
}

/** The version that a manifest goes on from. */
export function baseOf({ operation, previous }: Manifest): number {
  return operation.kind === 'rebuild' ? operation.base : previous
}

/** Whether `head` is the version or goes on from it. Throws as `loadVersion`. */
export async function goesOnFrom(store: ObjectStore, head: Manifest, version: number): Promise<boolean> {
  let at = head
  while (at.version > version) at = await loadVersion(store, at.shard, baseOf(at))
  return at.version === version
}

/**
 * The versions from the one after `base` to `head`, in order, without those that a rebuild passed over; `undefined` when
 * `head` does not go on from `base`. Throws as `loadVersion`.
 */
export async function lineage(store: ObjectStore, head: Manifest, base: number): Promise<Manifest[] | undefined> {
  const versions: Manifest[] = []
  let at = head
  while (at.version > base) {
    versions.unshift(at)
    if (baseOf(at) === 0) break
    at = await loadVersion(store, at.shard, baseOf(at))
  }
  return at.version === base ? versions : undefined
}
