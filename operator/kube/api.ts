/**
 * The port to an API server: raw JSON in, raw JSON out, every kind by its description.
 *
 * Two implementations, one contract suite: the client over HTTP of this folder, and `devcluster/api/` in the same process. Each call is one
 * request: no retry, no cache, no rate limit here; those are the nouns around it. Every method throws `StatusError` for an answer that
 * is not 2xx, and `UnavailableError` `KUBE_UNAVAILABLE` when there is no answer: the outcome of a write is then unknown, read it back.
 */
import type { KubeObject, ObjectKey } from './object.ts'
import type { Resource } from './resource.ts'

export interface Selection {
  /** Absent: all namespaces, or a cluster-scoped kind. */
  readonly namespace?: string
  /** `role=ingest,shard in (a,b)`. */
  readonly labelSelector?: string
  /** `metadata.name=x`, `spec.nodeName=y`, `status.phase!=Failed`. */
  readonly fieldSelector?: string
}

export interface ListQuery extends Selection {
  /** Objects a page, at most. Absent: all. */
  readonly limit?: number
  /** From the page before; the other fields must be the same. */
  readonly continue?: string
  /** `0`: from the server's cache, as old as it may be. Absent: the latest. */
  readonly resourceVersion?: string
}

export interface ListPage {
  readonly items: readonly KubeObject[]
  readonly resourceVersion: string
  /** Absent on the last page. */
  readonly continue?: string
}

export interface WatchQuery extends Selection {
  /** Changes after this version. Absent or `0`: first everything that is there, as `ADDED`. */
  readonly resourceVersion?: string
  /** The server ends the watch then. */
  readonly timeoutSeconds?: number
}

export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: KubeObject }
  /** Nothing happened up to this version. */
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string }

export interface WriteOptions {
  readonly fieldManager?: string
  /** `status`, `scale`, `binding`, `eviction`, … */
  readonly subresource?: string
}

export interface ApplyOptions {
  readonly fieldManager: string
  /** Takes fields that others own. Absent: they are a conflict. */
  readonly force?: boolean
  readonly subresource?: string
}

/** `body` of a json patch is a list of operations, of a merge patch an object. */
export type Patch =
  | { readonly type: 'json'; readonly body: readonly JsonPatchOperation[] }
  | { readonly type: 'merge'; readonly body: unknown }

export type JsonPatchOperation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string }
  | { readonly op: 'move' | 'copy'; readonly path: string; readonly from: string }

export interface DeleteOptions {
  /** Preconditions: a 409 `Conflict` unless the object still has them. */
  readonly uid?: string
  readonly resourceVersion?: string
  readonly gracePeriodSeconds?: number
  readonly propagation?: 'Background' | 'Foreground' | 'Orphan'
}

export interface RawRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** From the root: `/version`, `/api/v1/namespaces/shop/pods/x/log`. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly body?: unknown
}

export interface KubeApi {
  /** `undefined` when there is none. */
  get(resource: Resource, key: ObjectKey): Promise<KubeObject | undefined>
  list(resource: Resource, query?: ListQuery): Promise<ListPage>
  /**
   * Events until the server ends the watch (the iteration returns), `signal` aborts (it throws the reason) or something fails (it throws; `isExpired`
   * means list anew). Bookmarks are asked for. Nothing is sent to the server before the first `next()`.
   */
  watch(resource: Resource, query: WatchQuery, signal: AbortSignal): AsyncIterable<WatchEvent>
  /** The namespace comes from `object`. With a subresource (`binding`, `eviction`) `object` is what that takes. */
  create(resource: Resource, object: KubeObject, options?: WriteOptions): Promise<KubeObject>
  /** A `metadata.resourceVersion` in `object` is a precondition: 409 `Conflict` when it is not the current one. */
  replace(resource: Resource, object: KubeObject, options?: WriteOptions): Promise<KubeObject>
  /** Server-side apply: creates, or changes the fields that are in `object` and drops those that this manager applied before and are not. */
  apply(resource: Resource, object: KubeObject, options: ApplyOptions): Promise<KubeObject>
  patch(resource: Resource, key: ObjectKey, patch: Patch, options?: WriteOptions): Promise<KubeObject>
  /** Resolves when the server has taken note: finalizers and grace periods may keep the object for a while. */
  delete(resource: Resource, key: ObjectKey, options?: DeleteOptions): Promise<void>
  /** A path that is no resource. Resolves with JSON where the answer is JSON, else with its text. */
  raw(request: RawRequest): Promise<unknown>
}
