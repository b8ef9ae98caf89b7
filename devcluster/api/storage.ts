/**
 * What the API server keeps: the objects, one counter of revisions for all, and a bounded history of changes that watches and paged
 * lists read.
 *
 * Every method is synchronous: a write is one step that nothing comes between. Objects are frozen. A revision older than the history
 * is `expired`, as after a compaction of etcd. Does not: know verbs, kinds or selectors (`machinery.ts`, `views.ts`).
 */
import { freeze, type KubeObject, keyOf, keyText, type ObjectKey } from '../../operator/kube/object.ts'
import { type Resource, resourceName } from '../../operator/kube/resource.ts'

export interface Change {
  readonly revision: number
  readonly resource: string
  readonly before: KubeObject | undefined
  /** Absent when it was deleted. */
  readonly after: KubeObject | undefined
}

/** An object as its deletion shows it: with the revision of the deletion. */
export function asDeleted(object: KubeObject, revision: number): KubeObject {
  return freeze({ ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } })
}

export class Storage {
  #revision = 1
  #history: Change[] = []
  #compacted = 1
  readonly #objects = new Map<string, Map<string, KubeObject>>()
  readonly #listeners = new Set<(change: Change) => void>()
  readonly #historyMax: number

  constructor(options: { historyMax?: number } = {}) {
    this.#historyMax = options.historyMax ?? 20_000
  }

  get revision(): number {
    return this.#revision
  }

  get(resource: Resource, key: ObjectKey): KubeObject | undefined {
    return this.#objects.get(resourceName(resource))?.get(keyText(key))
  }

  /** Stores the object under the next revision and returns it as stored. */
  put(resource: Resource, object: KubeObject): KubeObject {
    const revision = ++this.#revision
    const { metadata } = object
    const stored = freeze({ ...object, metadata: { ...metadata, resourceVersion: String(revision) } })
    const name = resourceName(resource)
    const table = this.#objects.get(name) ?? new Map<string, KubeObject>()
    this.#objects.set(name, table)
    const key = keyText(keyOf(stored))
    const before = table.get(key)
    table.set(key, stored)
    this.#record({ revision, resource: name, before, after: stored })
    return stored
  }

  remove(resource: Resource, key: ObjectKey): KubeObject | undefined {
    const name = resourceName(resource)
    const there = this.#objects.get(name)?.get(keyText(key))
    if (there === undefined) return undefined
    this.#objects.get(name)!.delete(keyText(key))
    const revision = ++this.#revision
    this.#record({ revision, resource: name, before: there, after: undefined })
    return asDeleted(there, revision)
  }

  /** All objects of a resource as they were at a revision, by key. `undefined`: expired. */
  at(resource: Resource, revision: number): Map<string, KubeObject> | undefined {
    const name = resourceName(resource)
    const objects = new Map(this.#objects.get(name))
    if (revision >= this.#revision) return objects
    if (revision < this.#compacted) return undefined
    for (let index = this.#history.length - 1; index >= 0; index--) {
      const { revision: at, resource: of, before, after } = this.#history[index]!
      if (at <= revision) break
      if (of !== name) continue
      const key = keyText(keyOf((after ?? before)!))
      if (before === undefined) objects.delete(key)
      else objects.set(key, before)
    }
    return objects
  }

  /** Changes after a revision, in order. `undefined`: expired. */
  since(revision: number): readonly Change[] | undefined {
    if (revision < this.#compacted) return undefined
    const first = this.#history.findIndex((change) => change.revision > revision)
    return first === -1 ? [] : this.#history.slice(first)
  }

  /** Calls `listener` with each change from now on, in the write itself. Returns how to stop. */
  listen(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Forgets the history up to a revision. */
  compact(revision: number = this.#revision): void {
    this.#compacted = Math.max(this.#compacted, Math.min(revision, this.#revision))
    this.#history = this.#history.filter((change) => change.revision > this.#compacted)
  }

  #record(change: Change): void {
    this.#history.push(change)
    if (this.#history.length > this.#historyMax) this.compact(this.#history[this.#historyMax >>> 1]!.revision)
    for (const listener of [...this.#listeners]) listener(change)
  }
}
