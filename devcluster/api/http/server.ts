/**
 * An API server over HTTP on one `Machinery`: the REST face that tests, and tools that speak Kubernetes, connect to.
 *
 * Counts requests by verb, so that a test can assert what something cost. Does not: authentication beyond `authorise` and client certificates, discovery.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Clock } from '../../../dataplane/core/ports.ts'
import type { KubeObject } from '../../../operator/kube/object.ts'
import { StatusError } from '../../../operator/kube/status-error.ts'
import type { Machinery } from '../machinery.ts'
import { refusal } from '../refusal.ts'
import { carryOut } from './carry-out.ts'
import { type Fault, Faults, type Seen } from './faults.ts'
import { routeOf } from './route.ts'
import { statusObject } from './status-object.ts'
import { sendWatch } from './watch-stream.ts'

export interface ApiServerOptions {
  readonly machinery: Machinery
  readonly clock: Clock
  readonly bookmarkMs?: number
  /** Whether a request with this Authorization header is let in. Absent: everybody is. */
  readonly authorise?: (header: string | undefined) => boolean
  readonly tls?: ApiServerTls
}

/** PEM. With `clients`, only clients with a certificate that this authority signed are let in. */
export interface ApiServerTls {
  readonly certificate: string
  readonly key: string
  readonly clients?: string
}

export class ApiServer {
  readonly faults = new Faults()
  /** Requests by `METHOD`, watches as `WATCH`. */
  readonly requests = new Map<string, number>()
  /** Connections that were opened. */
  connections = 0
  readonly #options: ApiServerOptions
  readonly #server: Server
  readonly #stop = new AbortController()

  constructor(options: ApiServerOptions) {
    this.#options = options
    const serve = (request: IncomingMessage, response: ServerResponse) => {
      this.#serve(request, response).catch(() => request.socket.destroy())
    }
    const { tls } = options
    this.#server = tls === undefined ? createServer(serve) : createTlsServer(tlsOptions(tls), serve)
    this.#server.on('connection', () => this.connections++)
  }

  /** Resolves with the address to give to a client. */
  async listen(port = 0, host = '127.0.0.1'): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, host, resolve)
    })
    const scheme = this.#options.tls === undefined ? 'http' : 'https'
    return `${scheme}://${host}:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    this.#stop.abort()
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  /** Cuts every connection, as a restart does. */
  cutAll(): void {
    this.#server.closeAllConnections()
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://server')
    const seen: Seen = {
      method: request.method ?? 'GET',
      watch: ['1', 'true'].includes(url.searchParams.get('watch') ?? ''),
      path: url.pathname,
    }
    const verb = seen.watch ? 'WATCH' : seen.method
    this.requests.set(verb, (this.requests.get(verb) ?? 0) + 1)
    const fault = this.faults.take(seen)
    const body = await readBody(request)
    if (fault?.kind === 'reset') return void request.socket.destroy()
    if (fault?.kind === 'hang') return
    try {
      this.#admit(request, fault)
      if (seen.watch) await this.#watch(response, url, fault)
      else {
        const answer = carryOut(this.#options.machinery, request, { url, body })
        if (fault?.kind === 'lostReply') request.socket.destroy()
        else send(response, request.method === 'POST' ? 201 : 200, answer)
      }
    } catch (error) {
      if (response.headersSent) request.socket.destroy()
      else sendError(response, error)
    }
  }

  #admit(request: IncomingMessage, fault: Fault | undefined): void {
    if (fault?.kind === 'status') {
      const { status, reason, retryAfterSeconds } = fault
      throw new StatusError({
        status,
        reason,
        message: `injected ${reason}`,
        request: request.url ?? '',
        ...(retryAfterSeconds !== undefined && { retryAfterMs: retryAfterSeconds * 1000 }),
      })
    }
    if (this.#options.authorise?.(request.headers.authorization) === false) {
      throw new StatusError({
        status: 401,
        reason: 'Unauthorized',
        message: 'Unauthorized',
        request: request.url ?? '',
      })
    }
  }

  async #watch(response: ServerResponse, url: URL, fault: Fault | undefined): Promise<void> {
    const { machinery, clock, bookmarkMs = 60_000 } = this.#options
    const route = routeOf(
      url.pathname,
      machinery.kinds.map(({ resource }) => resource),
    )
    if (route === undefined) return refusal.notServed(url.pathname)
    const gone = new AbortController()
    response.on('close', () => gone.abort())
    const signal = AbortSignal.any([gone.signal, this.#stop.signal])
    await sendWatch(response, { storage: machinery.storage, route, url, clock, bookmarkMs, signal, fault })
  }
}

function tlsOptions({ certificate, key, clients }: ApiServerTls) {
  return { cert: certificate, key, ...(clients !== undefined && { ca: clients, requestCert: true }) }
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString()
  return text === '' ? undefined : JSON.parse(text)
}

function send(response: ServerResponse, status: number, body: KubeObject | object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

function sendError(response: ServerResponse, error: unknown): void {
  const refused =
    error instanceof StatusError
      ? error
      : new StatusError({ status: 500, reason: 'InternalError', message: String(error), request: '' })
  const { status, retryAfterMs } = refused
  if (retryAfterMs !== undefined) response.setHeader('retry-after', String(retryAfterMs / 1000))
  send(response, status, statusObject(refused))
}
