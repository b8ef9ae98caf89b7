/**
 * The `KubeApi` port over HTTP: one request a call, raw JSON in and out, on the pool of `connection.ts`.
 *
 * A 401 is tried once more with fresh credentials, since it was not carried out. Nothing else is repeated here. Does not: cache, wait, limit.
 */

import { Readable } from 'node:stream'
import { type Dispatcher, request } from 'undici'
import { UnavailableError, unavailable } from '../../../common/errors/errors.ts'
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
import { type KubeObject, keyOf, type ObjectKey } from '../object.ts'
import { collectionPath, listParameters, objectPath, watchParameters } from '../path.ts'
import { apiVersionOf, type Resource } from '../resource.ts'
import { isNotFound, type StatusCause, StatusError } from '../status-error.ts'
import type { Access } from './access.ts'
import { Connection } from './connection.ts'
import { linesOf } from './lines.ts'

export interface HttpApiOptions {
  readonly access: Access
  /** Shown to the server, in its audit log and as a field manager of last resort. */
  readonly userAgent: string
  /** Told of every answer, and of a request without one as status 0. */
  readonly observe?: (seen: { method: string; status: number; seconds: number }) => void
  /** Asked as the bytes of a write are about to leave; a throw keeps them back, and the write does not happen. */
  readonly beforeWrite?: () => void
  /** Fractional ms, for `observe`. */
  readonly monotonic: () => number
}

interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly contentType?: string
  readonly signal?: AbortSignal
}

type Answer = Dispatcher.ResponseData

export class HttpApi implements KubeApi {
  readonly #options: HttpApiOptions
  readonly #connection: Connection

  constructor(options: HttpApiOptions) {
    this.#options = options
    this.#connection = new Connection(options.access)
  }

  /** Ends every request and watch. */
  close(): Promise<void> {
    return this.#connection.close()
  }

  async get(resource: Resource, key: ObjectKey): Promise<KubeObject | undefined> {
    try {
      return (await this.#json({ method: 'GET', path: objectPath(resource, key) })) as KubeObject
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  async list(resource: Resource, query: ListQuery = {}): Promise<ListPage> {
    const path = collectionPath(resource, query.namespace)
    const answer = (await this.#json({ method: 'GET', path, query: listParameters(query) })) as {
      metadata: { resourceVersion: string; continue?: string }
      items: readonly KubeObject[] | null
    }
    const { resourceVersion, continue: next } = answer.metadata
    const identity = { apiVersion: apiVersionOf(resource), kind: resource.kind }
    return {
      // Items of built-in kinds come without their kind.
      items: (answer.items ?? []).map((item) => (item.kind === undefined ? { ...identity, ...item } : item)),
      resourceVersion,
      ...(next && { continue: next }),
    }
  }

  async *watch(resource: Resource, query: WatchQuery, signal: AbortSignal): AsyncGenerator<WatchEvent> {
    const call: Call = {
      method: 'GET',
      path: collectionPath(resource, query.namespace),
      query: watchParameters(query),
      signal,
    }
    const { body } = await this.#answer(call)
    try {
      for await (const line of linesOf(body)) yield eventOf(line, call)
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof StatusError || error instanceof UnavailableError) throw error
      unavailable('KUBE_UNAVAILABLE', `${textOf(call)}: the watch broke off: ${reasonOf(error)}`, error)
    } finally {
      body.destroy()
      body.on('error', () => {})
    }
    signal.throwIfAborted()
  }

  async create(resource: Resource, object: KubeObject, options: WriteOptions = {}): Promise<KubeObject> {
    const { fieldManager, subresource } = options
    const key = keyOf(object)
    const path =
      subresource === undefined ? collectionPath(resource, key.namespace) : objectPath(resource, key, subresource)
    return this.#write({ method: 'POST', path, query: managed(fieldManager), body: object })
  }

  async replace(resource: Resource, object: KubeObject, options: WriteOptions = {}): Promise<KubeObject> {
    const path = objectPath(resource, keyOf(object), options.subresource)
    return this.#write({ method: 'PUT', path, query: managed(options.fieldManager), body: object })
  }

  async apply(resource: Resource, object: KubeObject, options: ApplyOptions): Promise<KubeObject> {
    return this.#write({
      method: 'PATCH',
      path: objectPath(resource, keyOf(object), options.subresource),
      query: { fieldManager: options.fieldManager, ...(options.force && { force: 'true' }) },
      body: object,
      contentType: 'application/apply-patch+yaml',
    })
  }

  async patch(resource: Resource, key: ObjectKey, patch: Patch, options: WriteOptions = {}): Promise<KubeObject> {
    return this.#write({
      method: 'PATCH',
      path: objectPath(resource, key, options.subresource),
      query: managed(options.fieldManager),
      body: patch.body,
      contentType: patch.type === 'json' ? 'application/json-patch+json' : 'application/merge-patch+json',
    })
  }

  async delete(resource: Resource, key: ObjectKey, options: DeleteOptions = {}): Promise<void> {
    const { uid, resourceVersion, gracePeriodSeconds, propagation } = options
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      ...((uid ?? resourceVersion) !== undefined && { preconditions: { uid, resourceVersion } }),
      ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
      ...(propagation !== undefined && { propagationPolicy: propagation }),
    }
    await this.#json({ method: 'DELETE', path: objectPath(resource, key), body })
  }

  async raw(call: RawRequest): Promise<unknown> {
    const { body, headers } = await this.#answer(call)
    return String(headers['content-type']).includes('json') ? body.json() : body.text()
  }

  async #write(call: Call): Promise<KubeObject> {
    return (await this.#json(call)) as KubeObject
  }

  async #json(call: Call): Promise<unknown> {
    const { body } = await this.#answer(call)
    try {
      return await body.json()
    } catch (error) {
      return unavailable(
        'KUBE_UNAVAILABLE',
        `${textOf(call)}: the answer is no JSON or broke off: ${reasonOf(error)}`,
        error,
      )
    }
  }

  /** A 2xx with its body unread; everything else throws. */
  async #answer(call: Call): Promise<Answer> {
    const first = await this.#send(call)
    if (first.statusCode !== 401) return accepted(call, first)
    await first.body.dump()
    this.#options.access.forget()
    return accepted(call, await this.#send(call))
  }

  async #send(call: Call): Promise<Answer> {
    const { access, userAgent, observe, beforeWrite, monotonic } = this.#options
    const start = monotonic()
    const seen = (status: number) => observe?.({ method: call.method, status, seconds: (monotonic() - start) / 1000 })
    call.signal?.throwIfAborted()
    const { dispatcher, headers } = await this.#connection.ready()
    const body = call.body === undefined ? undefined : Buffer.from(JSON.stringify(call.body))
    if (call.method !== 'GET') beforeWrite?.()
    try {
      const answer = await request(`${access.server}${call.path}`, {
        dispatcher,
        method: call.method,
        ...(call.query && { query: call.query }),
        headers: {
          ...headers,
          accept: 'application/json',
          'user-agent': userAgent,
          ...(body !== undefined && {
            'content-type': call.contentType ?? 'application/json',
            'content-length': String(body.length),
          }),
        },
        ...(body !== undefined && {
          body: beforeWrite === undefined ? body : Readable.from(guarded(body, beforeWrite)),
        }),
        ...(call.signal && { signal: call.signal }),
      })
      seen(answer.statusCode)
      return answer
    } catch (error) {
      call.signal?.throwIfAborted()
      if (error instanceof UnavailableError) throw error
      seen(0)
      return unavailable('KUBE_UNAVAILABLE', `${textOf(call)} at ${access.server}: ${reasonOf(error)}`, error)
    }
  }
}

/**
 * The body, asked for only once the connection stands and the headers are out: a process that was stopped while it connected asks again before
 * anything that the server could act on has left. A body that breaks off is a request that never was.
 */
async function* guarded(body: Uint8Array, beforeWrite: () => void): AsyncGenerator<Uint8Array> {
  beforeWrite()
  yield body
}

async function accepted(call: Call, answer: Answer): Promise<Answer> {
  if (answer.statusCode >= 200 && answer.statusCode < 300) return answer
  const text = await answer.body.text().catch(() => '')
  throw statusError(call, { status: answer.statusCode, text, retryAfter: answer.headers['retry-after'] })
}

interface StatusBody {
  readonly code?: number
  readonly reason?: string
  readonly message?: string
  readonly details?: { readonly causes?: readonly StatusCause[]; readonly retryAfterSeconds?: number }
}

function statusError(
  call: Call,
  { status, text, retryAfter }: { status: number; text: string; retryAfter?: string | string[] | undefined },
): StatusError {
  const body: StatusBody = parsed(text) ?? {}
  const seconds = Number(retryAfter ?? body.details?.retryAfterSeconds)
  return new StatusError({
    status,
    reason: body.reason ?? '',
    message: body.message ?? text.slice(0, 200),
    request: textOf(call),
    ...(body.details?.causes && { causes: body.details.causes }),
    ...(Number.isFinite(seconds) && { retryAfterMs: seconds * 1000 }),
  })
}

function eventOf(line: string, call: Call): WatchEvent {
  const event = parsed<{ type: string; object: KubeObject }>(line)
  switch (event?.type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return { type: event.type, object: event.object }
    case 'BOOKMARK':
      return { type: 'BOOKMARK', resourceVersion: event.object.metadata.resourceVersion! }
    case 'ERROR': {
      const status = event.object as unknown as StatusBody
      throw statusError(call, { status: status.code ?? 500, text: JSON.stringify(status) })
    }
    default:
      return unavailable('KUBE_UNAVAILABLE', `${textOf(call)}: got a line that is no event: ${line.slice(0, 80)}`)
  }
}

function parsed<T>(text: string): T | undefined {
  try {
    return JSON.parse(text) as T
  } catch {
    return undefined
  }
}

function managed(fieldManager: string | undefined): Record<string, string> {
  return fieldManager === undefined ? {} : { fieldManager }
}

function textOf({ method, path, query }: Call): string {
  return `${query?.watch === '1' ? 'WATCH' : method} ${path}`
}

function reasonOf(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string }
  return [code, message].filter(Boolean).join(': ') || String(error)
}
