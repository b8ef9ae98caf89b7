/**
 * A gRPC server of one process: services in, a bound port out, a stop that lets calls finish.
 *
 * Handlers are promises or async generators here; this file turns them into gRPC's callbacks, maps
 * errors (`failure.ts`) and gives each call a signal that aborts when the caller leaves or its deadline passes.
 */
import {
  type handleServerStreamingCall,
  type handleUnaryCall,
  Server,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js'
import { BugError } from '../../common/errors/errors.ts'
import type { Clock, Logger } from '../core/ports.ts'
import { channelOptions, type TransportCredentials } from './credentials.ts'
import { toServiceError } from './failure.ts'

export interface RpcService {
  readonly definition: ServiceDefinition
  readonly implementation: UntypedServiceImplementation
}

export interface RpcServer {
  /** The port that was bound. */
  readonly port: number
  /** Ends the connections after `graceMs`, so that callers look up the address anew. New ones are served. */
  dropConnections(graceMs: number): void
  /** Refuses new calls, waits for running ones up to `graceMs`, then cuts them. */
  stop(graceMs: number): Promise<void>
}

export interface ServeOptions {
  /** Port 0 binds a free one. */
  readonly host: string
  readonly port: number
  readonly credentials: TransportCredentials
  readonly clock: Clock
}

/** Throws when the address cannot be bound. */
export async function serve(services: readonly RpcService[], options: ServeOptions): Promise<RpcServer> {
  const server = new Server(channelOptions)
  for (const { definition, implementation } of services) server.addService(definition, implementation)
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${options.host}:${options.port}`, options.credentials.server, (error, bound) =>
      error ? reject(error) : resolve(bound),
    )
  })
  return {
    port,
    dropConnections: (graceMs) => server.drain(`${options.host}:${port}`, graceMs),
    async stop(graceMs) {
      const done = new AbortController()
      const cut = options.clock.sleep(graceMs, done.signal).then(
        () => server.forceShutdown(),
        () => undefined,
      )
      await new Promise<void>((resolve) => server.tryShutdown(() => resolve()))
      done.abort()
      await cut
    },
  }
}

/** A unary handler from a promise. */
export function unary<Request, Response>(
  logger: Logger,
  handle: (request: Request, signal: AbortSignal) => Promise<Response>,
): handleUnaryCall<Request, Response> {
  return (call, callback) => {
    handle(call.request, signalOf(call)).then(
      (response) => callback(null, response),
      (error: unknown) => callback(report(logger, call.getPath(), error)),
    )
  }
}

/** A server-streaming handler from an async iterable; it is pulled only as fast as the caller reads. */
export function streaming<Request, Response>(
  logger: Logger,
  handle: (request: Request, signal: AbortSignal) => AsyncIterable<Response>,
): handleServerStreamingCall<Request, Response> {
  return (call) => {
    pump(call, handle(call.request, signalOf(call))).catch((error: unknown) => {
      call.emit('error', report(logger, call.getPath(), error))
    })
  }
}

async function pump<Request, Response>(
  call: ServerWritableStream<Request, Response>,
  messages: AsyncIterable<Response>,
): Promise<void> {
  for await (const message of messages) {
    if (call.cancelled) return
    if (!call.write(message)) {
      await new Promise<void>((resolve) => {
        call.once('drain', resolve)
        call.once('cancelled', () => resolve())
      })
    }
  }
  call.end()
}

function signalOf(call: ServerUnaryCall<unknown, unknown> | ServerWritableStream<unknown, unknown>): AbortSignal {
  const controller = new AbortController()
  // A deadline that passes cancels the call too.
  call.on('cancelled', () => controller.abort(new Error(`the caller of ${call.getPath()} left or its deadline passed`)))
  return controller.signal
}

function report(logger: Logger, path: string, error: unknown) {
  const answer = toServiceError(error)
  if (answer.metadata === undefined || error instanceof BugError) logger.error('call failed', { path, error })
  return answer
}
