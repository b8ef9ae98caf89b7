/**
 * The `KubeApi` port over a `Machinery` in the same process: what tests and the simulator give to the operator in place of a connection.
 *
 * Each call takes one turn of the event loop's microtasks, then happens at once. Objects are frozen and shared: nothing is copied.
 * Does not: inject faults.
 */
import type { Clock } from '../../dataplane/core/ports.ts'
import type {
  ApplyOptions,
  DeleteOptions,
  KubeApi,
  ListPage,
  ListQuery,
  Patch,
  RawRequest,
  WatchEvent,
  WatchQuery,
  WriteOptions,
} from '../../operator/kube/api.ts'
import type { KubeObject, ObjectKey } from '../../operator/kube/object.ts'
import type { Resource } from '../../operator/kube/resource.ts'
import type { Machinery } from './machinery.ts'
import { refusal } from './refusal.ts'
import { listPage } from './views.ts'
import { watchStorage } from './watch.ts'

export interface MemoryApiOptions {
  readonly machinery: Machinery
  readonly clock: Clock
  /** Time between bookmarks of a watch. */
  readonly bookmarkMs?: number
}

export class MemoryApi implements KubeApi {
  readonly machinery: Machinery
  readonly #clock: Clock
  readonly #bookmarkMs: number

  constructor({ machinery, clock, bookmarkMs = 60_000 }: MemoryApiOptions) {
    this.machinery = machinery
    this.#clock = clock
    this.#bookmarkMs = bookmarkMs
  }

  async get(resource: Resource, key: ObjectKey): Promise<KubeObject | undefined> {
    return this.machinery.get(resource, key)
  }

  async list(resource: Resource, query: ListQuery = {}): Promise<ListPage> {
    this.machinery.kind(resource, 'LIST')
    return listPage(this.machinery.storage, resource, query)
  }

  async *watch(resource: Resource, query: WatchQuery, signal: AbortSignal): AsyncGenerator<WatchEvent> {
    this.machinery.kind(resource, 'WATCH')
    yield* watchStorage(this.machinery.storage, resource, query, {
      clock: this.#clock,
      bookmarkMs: this.#bookmarkMs,
      signal,
    })
  }

  async create(resource: Resource, object: KubeObject, options?: WriteOptions): Promise<KubeObject> {
    return this.machinery.create(resource, plain(object), options)
  }

  async replace(resource: Resource, object: KubeObject, options?: WriteOptions): Promise<KubeObject> {
    return this.machinery.replace(resource, plain(object), options)
  }

  async apply(resource: Resource, object: KubeObject, options: ApplyOptions): Promise<KubeObject> {
    return this.machinery.apply(resource, plain(object), options)
  }

  async patch(resource: Resource, key: ObjectKey, patch: Patch, options?: WriteOptions): Promise<KubeObject> {
    return this.machinery.patch(resource, key, structuredClone(patch), options)
  }

  async delete(resource: Resource, key: ObjectKey, options?: DeleteOptions): Promise<void> {
    this.machinery.delete(resource, key, options)
  }

  async raw({ method, path }: RawRequest): Promise<unknown> {
    if (method === 'GET' && path === '/version') return { major: '1', minor: '36', gitVersion: 'v1.36.0+anabranch' }
    return refusal.notServed(`${method} ${path}`)
  }
}

/** As it would arrive over a wire: nothing shared with the caller, no field that is `undefined`. */
function plain(object: KubeObject): KubeObject {
  return JSON.parse(JSON.stringify(object)) as KubeObject
}
