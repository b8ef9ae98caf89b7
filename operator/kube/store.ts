/**
 * The operator's copy of all objects of one kind (within a selection), with indexes. It never goes back: what is not newer than all
 * that it has seen is refused, so a repeated or late event changes nothing.
 *
 * Objects are frozen. Listeners are told of each change in order, inside the change; one that throws keeps nothing from the store or from other
 * listeners, and its error comes out of the change. Does not: fetch anything (`reflector.ts`).
 */
import { freeze, type KubeObject, keyOf, keyText, type ObjectKey } from './object.ts'
import { compareVersions, newerVersion } from './version.ts'

export type StoreChange<T extends KubeObject = KubeObject> =
  | { readonly type: 'added'; readonly object: T }
  | { readonly type: 'updated'; readonly object: T; readonly before: T }
  /** `object` is the last that was seen of it. */
  | { readonly type: 'deleted'; readonly object: T }

/** `initial`: it was there already when the store was first filled. */
export type StoreListener<T extends KubeObject = KubeObject> = (change: StoreChange<T>, initial: boolean) => void

export type Indexes<T extends KubeObject> = Readonly<Record<string, (object: T) => readonly string[]>>

export class Store<T extends KubeObject = KubeObject> {
  readonly #objects = new Map<string, T>()
  readonly #indexes: Indexes<T>
  readonly #entries = new Map<string, Map<string, Set<string>>>()
  readonly #listeners: StoreListener<T>[] = []
  /** What listeners threw during a change. */
  readonly #errors: unknown[] = []
  #version = '0'

  constructor(indexes: Indexes<T> = {}) {
    this.#indexes = indexes
    for (const name of Object.keys(indexes)) this.#entries.set(name, new Map())
  }

  /** Everything up to this resourceVersion is in. `0` before the first fill. */
  get version(): string {
    return this.#version
  }

  get size(): number {
    return this.#objects.size
  }

  get(key: ObjectKey): T | undefined {
    return this.#objects.get(keyText(key))
  }

  /** No order, no copy: do not change the store while iterating. */
  values(): IterableIterator<T> {
    return this.#objects.values()
  }

  /** Objects for which the index gives `value`. */
  byIndex(name: string, value: string): T[] {
    const keys = this.#entries.get(name)?.get(value)
    return keys === undefined ? [] : [...keys].map((key) => this.#objects.get(key)!)
  }

  listen(listener: StoreListener<T>): void {
    this.#listeners.push(listener)
  }

  /** False: older than what is in, or nothing new. */
  put(object: T): boolean {
    if (!this.#advance(object)) return false
    this.#set(object, false)
    this.#throwErrors()
    return true
  }

  /** `object` as its deletion shows it. False: the deletion is older than what is in. */
  remove(object: T): boolean {
    if (!this.#advance(object)) return false
    this.#unset(keyText(keyOf(object)))
    this.#throwErrors()
    return true
  }

  /** Nothing happened up to `version`. */
  bookmark(version: string): void {
    this.#version = newerVersion(this.#version, version)
  }

  /** Becomes what a list at `version` showed. False: the list is older than what is in; nothing is changed. */
  fill(objects: readonly T[], version: string): boolean {
    if (compareVersions(version, this.#version) < 0) return false
    const initial = this.#version === '0'
    this.#version = version
    const listed = new Set(objects.map((object) => keyText(keyOf(object))))
    for (const key of [...this.#objects.keys()]) if (!listed.has(key)) this.#unset(key)
    for (const object of objects) this.#set(object, initial)
    this.#throwErrors()
    return true
  }

  #advance({ metadata }: T): boolean {
    const version = metadata.resourceVersion ?? '0'
    if (compareVersions(version, this.#version) <= 0) return false
    this.#version = version
    return true
  }

  #set(object: T, initial: boolean): void {
    const key = keyText(keyOf(object))
    const before = this.#objects.get(key)
    if (before?.metadata.resourceVersion === object.metadata.resourceVersion && before !== undefined) return
    // Another object under the same name: the end of the first was missed.
    if (before !== undefined && before.metadata.uid !== object.metadata.uid) {
      this.#unset(key)
      this.#set(object, initial)
      return
    }
    const frozen = freeze(object)
    if (before !== undefined) this.#unindex(key, before)
    this.#objects.set(key, frozen)
    this.#index(key, frozen)
    this.#tell(
      before === undefined ? { type: 'added', object: frozen } : { type: 'updated', object: frozen, before },
      initial,
    )
  }

  #unset(key: string): void {
    const object = this.#objects.get(key)
    if (object === undefined) return
    this.#objects.delete(key)
    this.#unindex(key, object)
    this.#tell({ type: 'deleted', object }, false)
  }

  #tell(change: StoreChange<T>, initial: boolean): void {
    for (const listener of this.#listeners) {
      try {
        listener(change, initial)
      } catch (error) {
        this.#errors.push(error)
      }
    }
  }

  /** Only once everything is in and everybody was told. */
  #throwErrors(): void {
    const errors = this.#errors.splice(0)
    if (errors.length > 0) throw errors[0]
  }

  #index(key: string, object: T): void {
    for (const [name, valuesOf] of Object.entries(this.#indexes)) {
      const entries = this.#entries.get(name)!
      for (const value of valuesOf(object)) {
        const keys = entries.get(value)
        if (keys === undefined) entries.set(value, new Set([key]))
        else keys.add(key)
      }
    }
  }

  #unindex(key: string, object: T): void {
    for (const [name, valuesOf] of Object.entries(this.#indexes)) {
      const entries = this.#entries.get(name)!
      for (const value of valuesOf(object)) {
        const keys = entries.get(value)
        keys?.delete(key)
        if (keys?.size === 0) entries.delete(value)
      }
    }
  }
}
