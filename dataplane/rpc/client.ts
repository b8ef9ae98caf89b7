/**
 * Calls as promises: deadline, cancellation by signal, errors of ours back as what they were.
 */
import type { Client, ClientReadableStream, ClientUnaryCall, Metadata, ServiceError } from '@grpc/grpc-js'
import { Metadata as GrpcMetadata } from '@grpc/grpc-js'
import type { Code } from '../../common/errors/codes.ts'
import { fromServiceError } from './failure.ts'

export interface CallOptions {
  /** ms from now until the call is given up; also told to the server. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal
  /** Code of the error when the call itself fails. */
  readonly fallback: Code
  /** For error messages: `append to partition 3 at 127.0.0.1:7000`. */
  readonly what: string
}

type UnaryMethod<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: { deadline: number },
  callback: (error: ServiceError | null, response: Response) => void,
) => ClientUnaryCall

/** Throws the error of the other side, or `UnavailableError` with `fallback`. `now` is the wall clock in ms. */
export function callUnary<Request, Response>(
  client: Client,
  method: UnaryMethod<Request, Response>,
  request: Request,
  options: CallOptions & { readonly now: number },
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const { signal } = options
    signal?.throwIfAborted()
    const call = begun(options, () =>
      method.call(
        client,
        request,
        new GrpcMetadata(),
        { deadline: options.now + options.timeoutMs },
        (error, response) => {
          signal?.removeEventListener('abort', cancel)
          if (error === null) resolve(response)
          else reject(signal?.aborted ? signal.reason : fromServiceError(error, options.fallback, options.what))
        },
      ),
    )
    const cancel = () => call.cancel()
    signal?.addEventListener('abort', cancel)
  })
}

/** A channel that was closed throws where it is called, before there is a call that could fail. */
function begun<Call>({ fallback, what }: Pick<CallOptions, 'fallback' | 'what'>, begin: () => Call): Call {
  try {
    return begin()
  } catch (error) {
    throw fromServiceError(error, fallback, what)
  }
}

/** Messages of a server stream, which `begin` opens. Leaving the loop cancels the call. */
export async function* callStream<Response>(
  begin: () => ClientReadableStream<Response>,
  options: Pick<CallOptions, 'signal' | 'fallback' | 'what'>,
): AsyncGenerator<Response> {
  const call = begun(options, begin)
  const cancel = () => call.cancel()
  options.signal?.addEventListener('abort', cancel)
  try {
    for await (const message of call) yield message as Response
  } catch (error) {
    if (options.signal?.aborted) throw options.signal.reason
    throw fromServiceError(error, options.fallback, options.what)
  } finally {
    options.signal?.removeEventListener('abort', cancel)
    call.cancel()
  }
}
