/**
 * Committing a manifest: the single step by which a shard's stored state changes (MAN-1).
 *
 * Put-if-absent at the next version decides between writers. A reply that got lost is resolved by
 * reading back whose nonce is there. After winning, one list: a higher version means that this writer
 * slept through a history (its version was free only because the manifest that had it was deleted), and
 * it must stop without acting.
 *
 * Does not: retry, or decide what to do after losing.
 */
import { UnavailableError } from '../../../common/errors/errors.ts'
import type { ObjectStore } from '../../core/ports.ts'
import { encodeManifest } from './body.ts'
import { manifestKey } from './key.ts'
import { headVersion, loadVersion } from './load.ts'
import type { Manifest } from './manifest.ts'

export type CommitOutcome =
  | { readonly kind: 'won' }
  /** Another writer has this version: load the head, adopt it, decide anew. */
  | { readonly kind: 'lost' }
  /** Ours is there but history went on: exit without acting. */
  | { readonly kind: 'superseded'; readonly head: number }

/**
 * Throws `UnavailableError` when the outcome is not known. Calling again with the *same* manifest is
 * then safe and finds out; a different manifest at this version may lose to the first.
 */
export async function commitManifest(store: ObjectStore, manifest: Manifest): Promise<CommitOutcome> {
  if (!(await put(store, manifest))) return { kind: 'lost' }
  const head = await headVersion(store, manifest.shard)
  return head > manifest.version ? { kind: 'superseded', head } : { kind: 'won' }
}

/** True when the manifest at this version is ours. */
async function put(store: ObjectStore, manifest: Manifest): Promise<boolean> {
  const { shard, version, nonce } = manifest
  const key = manifestKey(shard, version)
  try {
    if ((await store.putIfAbsent(key, encodeManifest(manifest))) === 'created') return true
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error
    // The reply got lost or the write did. Nothing there: still unknown, since it may yet arrive.
    if ((await store.size(key)) === undefined) throw error
  }
  return (await loadVersion(store, shard, version)).nonce === nonce
}
