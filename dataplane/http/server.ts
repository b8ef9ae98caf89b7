/**
 * HTTP/1.1 from a socket to a handler and back: limits, timeouts, refusals of what is no request, drain.
 *
 * Promises to whoever connects: each request gets a reply, whatever it holds and however slowly it
 * comes (408), unless the client left. What is refused early is still read for a while, since closing
 * a socket with unread bytes resets it and the reply may be lost.
 *
 * Does not: know paths, dialects or limits of bodies. Decompression is `body.ts`.
 */
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { UserError } from '../../common/errors/errors.ts'
import type { Clock, Logger } from '../core/ports.ts'
import { failureReply, httpFailure } from './failure.ts'
import { NodeRequest } from './incoming.ts'
import { type HttpLimits, httpLimits } from './limits.ts'
import type { HttpReply } from './reply.ts'
import type { HttpRequest } from './request.ts'

export interface HttpServerOptions {
  readonly host: string
  /** Port 0 binds a free one. */
  readonly port: number
  /** PEM; HTTPS where given. */
  readonly tls?: { readonly certificate: Buffer; readonly key: Buffer }
  readonly handle: (request: HttpRequest) => Promise<HttpReply>
  readonly clock: Clock
  readonly logger: Logger
  readonly limits?: Partial<HttpLimits>
}

export interface HttpServer {
  /** The port that was bound. */
  readonly port: number
  /**
   * Takes no new connections, finishes running requests, and cuts what is left after `graceMs`. In the first `lingerMs` of these, 0 by
   * default, new connections and requests are still taken, and each reply closes its connection: whoever sends before having
   * heard that this server goes, or has a connection that is idle, is answered instead of reset.
   */
  stop(graceMs: number, lingerMs?: number): Promise<void>
}

/** Throws when the address cannot be bound or certificate and key do not fit. */
export async function serveHttp(options: HttpServerOptions): Promise<HttpServer> {
  const limits = { ...httpLimits, ...options.limits }
  const connections = new Connections(options, limits)
  const settings = {
    maxHeaderSize: limits.headerBytesMax,
    headersTimeout: Math.min(limits.headersTimeoutMs, limits.requestTimeoutMs),
    requestTimeout: limits.requestTimeoutMs,
    connectionsCheckingInterval: Math.min(1_000, limits.requestTimeoutMs / 2),
    keepAliveTimeout: limits.keepAliveMs,
    // A request without a Host gets our refusal, with a body that says so.
    requireHostHeader: false,
  }
  const listener: RequestListener = (incoming, outgoing) => connections.serve(incoming, outgoing, false)
  const server = options.tls
    ? createTlsServer(
        {
          ...settings,
          ...{ cert: options.tls.certificate, key: options.tls.key, minVersion: 'TLSv1.2' },
          handshakeTimeout: limits.headersTimeoutMs,
        },
        listener,
      )
    : createServer(settings, listener)
  server.maxConnections = limits.connectionsMax
  server.timeout = limits.idleTimeoutMs
  server.on('timeout', (socket) => connections.idle(socket))
  server.on('checkContinue', (incoming, outgoing) => connections.serve(incoming, outgoing, true))
  server.on('clientError', (error, socket) => connections.refuse(error as NodeJS.ErrnoException, socket as Socket))
  server.on('connect', (_request, socket) => connections.refuse({ code: 'CONNECT' }, socket as Socket))
  server.on('connection', (socket) => connections.opened(socket))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  return {
    port: (server.address() as AddressInfo).port,
    async stop(graceMs, lingerMs = 0) {
      connections.draining = true
      const done = new AbortController()
      const cut = options.clock.sleep(graceMs, done.signal).then(
        () => connections.destroy(),
        () => undefined,
      )
      if (lingerMs > 0) await options.clock.sleep(lingerMs)
      await new Promise<void>((resolve) => server.close(() => resolve()))
      done.abort()
      await cut
    },
  }
}

class Connections {
  draining = false
  readonly #options: HttpServerOptions
  readonly #limits: HttpLimits
  readonly #open = new Set<Socket>()
  /** What a connection is busy with. */
  readonly #exchanges = new WeakMap<object, { readonly incoming: IncomingMessage; readonly outgoing: ServerResponse }>()
  readonly #refused = new WeakSet<object>()

  constructor(options: HttpServerOptions, limits: HttpLimits) {
    this.#options = options
    this.#limits = limits
  }

  opened(socket: Socket): void {
    this.#open.add(socket)
    socket.once('close', () => this.#open.delete(socket))
  }

  destroy(): void {
    for (const socket of this.#open) socket.destroy()
  }

  /** Nothing moves on a connection: it is closed, unless that is because its handler is still at work. */
  idle(socket: Socket): void {
    const exchange = this.#exchanges.get(socket)
    if (exchange?.incoming.complete === true && !exchange.outgoing.headersSent) {
      socket.setTimeout(this.#limits.idleTimeoutMs)
    } else {
      socket.destroy()
    }
  }

  serve(incoming: IncomingMessage, outgoing: ServerResponse, waitsForContinue: boolean): void {
    const { socket } = incoming
    this.#exchanges.set(socket, { incoming, outgoing })
    const finished = () => {
      const isLast = this.#exchanges.get(socket)?.outgoing === outgoing
      if (isLast && incoming.complete && outgoing.writableFinished) this.#exchanges.delete(socket)
    }
    incoming.once('end', finished)
    outgoing.once('finish', finished)
    this.#serve(incoming, outgoing, waitsForContinue).catch((error: unknown) => {
      this.#options.logger.error('a reply could not be written', { error })
      incoming.socket.destroy()
    })
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse, waitsForContinue: boolean): Promise<void> {
    const request = new NodeRequest(incoming, outgoing, waitsForContinue)
    const reply = malformed(incoming, this.#limits) ?? (await this.#handle(request))
    if (outgoing.destroyed) return
    // A client that was not told to go on sends no body: what comes next on the connection would be ambiguous.
    if (this.draining || request.isWaiting) outgoing.shouldKeepAlive = false
    else this.#discard(incoming)
    await write(outgoing, reply)
  }

  async #handle(request: HttpRequest): Promise<HttpReply> {
    try {
      return await this.#options.handle(request)
    } catch (error) {
      this.#options.logger.error('a handler failed', { error })
      return failureReply(httpFailure(error))
    }
  }

  /** Reads the rest of a body that nobody wants, up to a bound. */
  #discard(incoming: IncomingMessage): void {
    if (incoming.complete) return
    let bytes = 0
    incoming.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > this.#limits.discardBytesMax) incoming.socket.destroy()
    })
    incoming.resume()
  }

  /** What came is no HTTP, too large in its headers, or too slow. */
  refuse({ code }: { readonly code?: string }, socket: Socket): void {
    if (this.#refused.has(socket)) return
    const exchange = this.#exchanges.get(socket)
    // A request has one reply: nothing is added to one that was begun before the rest of its body came.
    if (!socket.writable || code === 'ECONNRESET' || exchange?.outgoing.headersSent === true) {
      socket.destroy()
      return
    }
    this.#refused.add(socket)
    if (exchange?.incoming.complete === true) {
      // What is wrong came behind a whole request, which may be stored by now: that one is answered.
      exchange.outgoing.shouldKeepAlive = false
      return
    }
    socket.end(rawReply(refusalOf(code)))
    this.#options.clock.sleep(this.#limits.lingerMs).then(
      () => socket.destroy(),
      () => socket.destroy(),
    )
  }
}

const notHttp = 'this is not HTTP/1.1'

/** Requests that the parser takes and we do not: the parser speaks HTTP/0.9 too. */
function malformed(incoming: IncomingMessage, limits: HttpLimits): HttpReply | undefined {
  const refuse = (message: string, status = 400) =>
    failureReply(httpFailure(new UserError('REQUEST_INVALID', message, { status })))
  if (incoming.rawHeaders.length > limits.headersMax * 2) {
    return refuse(`got ${incoming.rawHeaders.length / 2} headers, want at most ${limits.headersMax}`, 431)
  }
  if (incoming.httpVersionMajor < 1) return refuse(notHttp)
  if (incoming.httpVersion === '1.1' && incoming.headers.host === undefined) return refuse('the Host header is missing')
  return undefined
}

async function write(outgoing: ServerResponse, { status, headers, body }: HttpReply): Promise<void> {
  outgoing.writeHead(status, headers)
  if (typeof body === 'string' || body instanceof Uint8Array) {
    outgoing.end(body)
    return
  }
  try {
    for await (const chunk of body) {
      if (outgoing.destroyed) return
      if (!outgoing.write(chunk)) await drained(outgoing)
    }
    outgoing.end()
  } catch (error) {
    // The status is sent: a cut connection is the only way left to say that this is not all.
    outgoing.destroy()
    throw error
  }
}

function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      outgoing.off('drain', done).off('close', done)
      resolve()
    }
    outgoing.on('drain', done).on('close', done)
  })
}

function refusalOf(code: string | undefined): { status: number; message: string } {
  if (code === 'HPE_HEADER_OVERFLOW') return { status: 431, message: 'the headers are too large' }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return { status: 408, message: 'the request did not arrive in time' }
  if (code === 'CONNECT') return { status: 405, message: 'got CONNECT, want one of GET, POST' }
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return { status: 413, message: 'chunk extensions are too large' }
  return { status: 400, message: notHttp }
}

function rawReply({ status, message }: { status: number; message: string }): string {
  const { headers, body } = failureReply(httpFailure(new UserError('REQUEST_INVALID', message, { status })))
  const { phrase } = httpFailure(new UserError('REQUEST_INVALID', message, { status }))
  return [
    `HTTP/1.1 ${status} ${phrase}`,
    `Content-Type: ${headers['content-type']}`,
    `Content-Length: ${Buffer.byteLength(body as string)}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n')
}
