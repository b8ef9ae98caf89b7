/**
 * Committing a manifest: the single step by which a shard's stored state changes (MAN-1).
 *
 * Put-if-absent at the next version decides between writers. A reply that got lost is resolved by
 * putting again and reading back whose nonce is there. After winning, one list: a higher version means that this writer
 * slept through a history (its version was free only because the manifest that had it was deleted), and
 * it must stop without acting.
 *
 * Does not: retry, or decide what to do after losing.
 */
import type { ObjectStore } from '../../core/ports.ts'
import { putTwice } from '../object/put.ts'
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
  const { shard, version, nonce } = manifest
  const put = await putTwice(store, manifestKey(shard, version), encodeManifest(manifest))
  if (put === 'exists') {
    const isOurs = (await loadVersion(store, shard, version)).nonce === nonce
    // Ours from an earlier try: others may have gone on from it since, which is no reason to stop.
    return { kind: isOurs ? 'won' : 'lost' }
  }
  const head = await headVersion(store, shard)
  return head > version ? { kind: 'superseded', head } : { kind: 'won' }
}
