/**
 * What an error means over HTTP: a status, a text for the client, and when to try again.
 *
 * The text of a `UserError` or an `UnavailableError` is written for whoever called. Anything else is a
 * defect or damage of ours: the client learns only that, the log of the process has the rest.
 */
import { UnavailableError, UserError } from '../../common/errors/errors.ts'
import { type HttpReply, jsonReply } from './reply.ts'
import { ClientLeft } from './request.ts'

export interface HttpFailure {
  readonly status: number
  /** The standard phrase of the status. */
  readonly phrase: string
  readonly message: string
  readonly headers: Readonly<Record<string, string>>
}

/** What a client that gave up is counted as; it is never sent. */
export const statusOfLeft = 499

const phrases: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  413: 'Request Entity Too Large',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
}

const retryAfterUnavailableSeconds = 2

export function httpFailure(error: unknown): HttpFailure {
  if (error instanceof UserError) {
    const { status, what, retryAfterMs } = error
    return failure(status, what, {
      ...(retryAfterMs !== undefined && { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1000))) }),
      ...(status === 401 && { 'www-authenticate': 'Basic realm="anabranch", charset="UTF-8"' }),
    })
  }
  if (error instanceof UnavailableError) {
    return failure(503, error.message, { 'retry-after': String(retryAfterUnavailableSeconds) })
  }
  if (error instanceof ClientLeft) return failure(statusOfLeft, error.message)
  return failure(500, 'internal error; the log of the server says more')
}

/** True for errors that the log has to tell about. */
export function isInternal(error: unknown): boolean {
  return !(error instanceof UserError || error instanceof UnavailableError || error instanceof ClientLeft)
}

/** The failure in the shape of the reference system's `/import`: `{ code, error, status }`. */
export function failureReply({ status, phrase, message, headers }: HttpFailure): HttpReply {
  return jsonReply(status, { code: status, error: message, status: phrase }, headers)
}

function failure(status: number, message: string, headers: Readonly<Record<string, string>> = {}): HttpFailure {
  return { status, phrase: phrases[status] ?? 'Error', message, headers }
}
