/**
 * Read your writes: whether the stores have seen what an owner's reconcile wrote before. A decision on older copies would do the same
 * thing twice, or tear down what was just put right; no disruption is decided while a write is unseen (OPR-1).
 *
 * Does not: wait. The event that closes the gap comes through the store and wakes the owner; a look every so often is a fallback.
 */
import { type KubeObject, keyOf, keyText, type ObjectKey } from '../object.ts'
import { type Resource, resourceName } from '../resource.ts'
import type { Store } from '../store.ts'
import { compareVersions } from '../version.ts'

type Unseen =
  | { readonly resource: Resource; readonly version: string }
  | { readonly resource: Resource; readonly key: ObjectKey; readonly uid: string | undefined }

/** Of a kind that is not watched, `undefined`: its writes are not waited for. */
export type StoreOf = (resource: Resource) => Store | undefined

export class WriteGate {
  readonly #storeOf: StoreOf
  readonly #unseen = new Map<string, Map<string, Unseen>>()

  constructor(storeOf: StoreOf) {
    this.#storeOf = storeOf
  }

  /** `object` as the answer to a write showed it. */
  wrote(owner: string, resource: Resource, object: KubeObject): void {
    const version = object.metadata.resourceVersion
    if (version !== undefined) this.#note(owner, resource, object, { resource, version })
  }

  removed(owner: string, resource: Resource, object: KubeObject): void {
    const { uid } = object.metadata
    this.#note(owner, resource, object, { resource, key: keyOf(object), uid })
  }

  /** What of this owner's writes the stores have not seen, for messages. Empty: decide. */
  behind(owner: string): string[] {
    const unseen = this.#unseen.get(owner)
    if (unseen === undefined) return []
    for (const [name, one] of unseen) if (this.#isSeen(one)) unseen.delete(name)
    if (unseen.size === 0) this.#unseen.delete(owner)
    return [...unseen.keys()]
  }

  /** The owner is gone. */
  forget(owner: string): void {
    this.#unseen.delete(owner)
  }

  #note(owner: string, resource: Resource, object: KubeObject, unseen: Unseen): void {
    if (this.#storeOf(resource) === undefined) return
    const table = this.#unseen.get(owner) ?? new Map<string, Unseen>()
    this.#unseen.set(owner, table)
    table.set(`${resourceName(resource)} ${keyText(keyOf(object))}`, unseen)
  }

  #isSeen(unseen: Unseen): boolean {
    const store = this.#storeOf(unseen.resource)
    if (store === undefined) return true
    if ('version' in unseen) return compareVersions(store.version, unseen.version) >= 0
    const there = store.get(unseen.key)
    return there === undefined || there.metadata.uid !== unseen.uid || there.metadata.deletionTimestamp !== undefined
  }
}
