/**
 * Errors across a call: our kinds of error travel as gRPC status and a detail, and come out as the same
 * kind on the other side, so that a caller handles a remote log exactly as a local one.
 *
 * | kind | status |
 * |---|---|
 * | `CorruptError` | DATA_LOSS |
 * | `UnavailableError` | UNAVAILABLE, FAILED_PRECONDITION when a retry there cannot help (fenced, stale epoch) |
 * | `UserError` | INVALID_ARGUMENT, or by its HTTP status |
 * | anything else | INTERNAL, with the message kept on the server's log only |
 */
import { Metadata, type ServiceError, status } from '@grpc/grpc-js'
import type { Code } from '../../common/errors/codes.ts'
import { type CorruptDetail, CorruptError, UnavailableError, UserError } from '../../common/errors/errors.ts'

const detailKey = 'anabranch-error-bin'

type Detail =
  | { readonly kind: 'corrupt'; readonly detail: CorruptDetail }
  | { readonly kind: 'unavailable'; readonly code: Code; readonly what: string }
  | {
      readonly kind: 'user'
      readonly code: Code
      readonly what: string
      readonly status: number
      readonly retryable: boolean
      readonly field?: string
    }

/** Statuses of user errors that are not INVALID_ARGUMENT, by HTTP status. */
const statusOf: Readonly<Record<number, status>> = {
  401: status.UNAUTHENTICATED,
  403: status.PERMISSION_DENIED,
  404: status.NOT_FOUND,
  408: status.DEADLINE_EXCEEDED,
  429: status.RESOURCE_EXHAUSTED,
}

/** What a handler hands to gRPC for an error of ours. */
export function toServiceError(error: unknown): Partial<ServiceError> {
  if (error instanceof CorruptError) {
    return withDetail(status.DATA_LOSS, error.message, { kind: 'corrupt', detail: error.detail })
  }
  if (error instanceof UnavailableError) {
    const { code, what, message } = error
    const final = code === 'LOG_FENCED' || code === 'LEADER_STALE'
    return withDetail(final ? status.FAILED_PRECONDITION : status.UNAVAILABLE, message, {
      kind: 'unavailable',
      code,
      what,
    })
  }
  if (error instanceof UserError) {
    const { code, message, what, retryable, field } = error
    const detail: Detail = { kind: 'user', code, what, status: error.status, retryable, ...(field && { field }) }
    return withDetail(statusOf[error.status] ?? status.INVALID_ARGUMENT, message, detail)
  }
  return { code: status.INTERNAL, details: 'internal error; see the log of the process that was called' }
}

function withDetail(code: status, message: string, detail: Detail): Partial<ServiceError> {
  const metadata = new Metadata()
  metadata.set(detailKey, Buffer.from(JSON.stringify(detail)))
  return { code, details: message, metadata }
}

/** The error that a caller throws: the one that was thrown there, or `UnavailableError` with `fallback` where the call itself failed. */
export function fromServiceError(error: unknown, fallback: Code, what: string): unknown {
  const { metadata, code, details } = error as Partial<ServiceError>
  const [bytes] = metadata?.get(detailKey) ?? []
  if (bytes !== undefined) return thrownThere(JSON.parse(bytes.toString()) as Detail)
  const name = code === undefined ? String(error) : `${status[code]}: ${details ?? ''}`
  return new UnavailableError(fallback, `${what}: got ${name}, want an answer`, error)
}

function thrownThere(detail: Detail): Error {
  if (detail.kind === 'corrupt') return new CorruptError(detail.detail)
  return detail.kind === 'user'
    ? new UserError(detail.code, detail.what, detail)
    : new UnavailableError(detail.code, detail.what)
}

/** True for an error of ours that says that the other side failed inside: asking it again would not help. */
export function isInternal({ cause }: Error): boolean {
  const code = (cause as Partial<ServiceError> | undefined)?.code
  return code === status.INTERNAL || code === status.RESOURCE_EXHAUSTED || code === status.UNIMPLEMENTED
}
