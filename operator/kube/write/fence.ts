/**
 * The fence before each write: asked at the last moment, throws when this process may no longer write.
 *
 * A leader that was stopped and continued finds here that its time is over. Writes in the client over HTTP ask once more as the bytes
 * leave (`beforeWrite` in `../client/http-api.ts`). Does not: know leases (`../lease/election.ts`).
 */
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
} from '../api.ts'
import type { KubeObject, ObjectKey } from '../object.ts'
import type { Resource } from '../resource.ts'

/** Throws `UnavailableError` `LEADER_LOST`. */
export type Fence = () => void

export class FencedApi implements KubeApi {
  readonly #api: KubeApi
  readonly #fence: Fence

  constructor(api: KubeApi, fence: Fence) {
    this.#api = api
    this.#fence = fence
  }

  get(resource: Resource, key: ObjectKey): Promise<KubeObject | undefined> {
    return this.#api.get(resource, key)
  }

  list(resource: Resource, query?: ListQuery): Promise<ListPage> {
    return this.#api.list(resource, query)
  }

  watch(resource: Resource, query: WatchQuery, signal: AbortSignal): AsyncIterable<WatchEvent> {
    return this.#api.watch(resource, query, signal)
  }

  async create(resource: Resource, object: KubeObject, options?: WriteOptions): Promise<KubeObject> {
    this.#fence()
    return this.#api.create(resource, object, options)
  }

  async replace(resource: Resource, object: KubeObject, options?: WriteOptions): Promise<KubeObject> {
    this.#fence()
    return this.#api.replace(resource, object, options)
  }

  async apply(resource: Resource, object: KubeObject, options: ApplyOptions): Promise<KubeObject> {
    this.#fence()
    return this.#api.apply(resource, object, options)
  }

  async patch(resource: Resource, key: ObjectKey, patch: Patch, options?: WriteOptions): Promise<KubeObject> {
    this.#fence()
    return this.#api.patch(resource, key, patch, options)
  }

  async delete(resource: Resource, key: ObjectKey, options?: DeleteOptions): Promise<void> {
    this.#fence()
    return this.#api.delete(resource, key, options)
  }

  async raw(request: RawRequest): Promise<unknown> {
    if (request.method !== 'GET') this.#fence()
    return this.#api.raw(request)
  }
}
