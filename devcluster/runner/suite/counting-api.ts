/** An API server that keeps a list of what was written through it. */
import { realClock } from '../../../dataplane/runtime/clock.ts'
import type {
  ApplyOptions,
  DeleteOptions,
  KubeApi,
  ListQuery,
  Patch,
  RawRequest,
  WatchQuery,
  WriteOptions,
} from '../../../operator/kube/api.ts'
import type { KubeObject, ObjectKey } from '../../../operator/kube/object.ts'
import type { Resource } from '../../../operator/kube/resource.ts'

export class CountingApi implements KubeApi {
  readonly #api: KubeApi
  /** `replace pods a/status`. */
  readonly writes: string[] = []
  #lastAt = realClock.monotonic()

  constructor(api: KubeApi) {
    this.#api = api
  }

  /** Time since the last write of anything but a Lease. */
  quietMs(): number {
    return realClock.monotonic() - this.#lastAt
  }

  get = (resource: Resource, key: ObjectKey) => this.#api.get(resource, key)
  list = (resource: Resource, query?: ListQuery) => this.#api.list(resource, query)
  watch = (resource: Resource, query: WatchQuery, signal: AbortSignal) => this.#api.watch(resource, query, signal)
  raw = (request: RawRequest) => this.#api.raw(request)

  create(resource: Resource, object: KubeObject, options?: WriteOptions) {
    this.#count('create', resource, object.metadata.name, options?.subresource)
    return this.#api.create(resource, object, options)
  }

  replace(resource: Resource, object: KubeObject, options?: WriteOptions) {
    this.#count('replace', resource, object.metadata.name, options?.subresource)
    return this.#api.replace(resource, object, options)
  }

  apply(resource: Resource, object: KubeObject, options: ApplyOptions) {
    this.#count('apply', resource, object.metadata.name, options.subresource)
    return this.#api.apply(resource, object, options)
  }

  patch(resource: Resource, key: ObjectKey, patch: Patch, options?: WriteOptions) {
    this.#count('patch', resource, key.name, options?.subresource)
    return this.#api.patch(resource, key, patch, options)
  }

  delete(resource: Resource, key: ObjectKey, options?: DeleteOptions) {
    this.#count('delete', resource, key.name)
    return this.#api.delete(resource, key, options)
  }

  #count(verb: string, { plural }: Resource, name: string, subresource = ''): void {
    this.writes.push(`${verb} ${plural} ${name}${subresource && `/${subresource}`}`)
    if (plural !== 'leases') this.#lastAt = realClock.monotonic()
  }
}
