/**
 * What an API server says when it does not do what was asked: its Status object as an exception, with the questions that callers ask.
 *
 * A request without an answer is another thing: `UnavailableError` `KUBE_UNAVAILABLE`, and a write may then have happened.
 */

export interface StatusCause {
  readonly reason?: string
  readonly message?: string
  readonly field?: string
}

export interface StatusDetail {
  /** HTTP status. */
  readonly status: number
  /** `NotFound`, `Conflict`, `Invalid`, `Expired`, … */
  readonly reason: string
  /** The words of the server. */
  readonly message: string
  /** What was asked: `PATCH pods shop/events-0`. */
  readonly request: string
  readonly causes?: readonly StatusCause[]
  readonly retryAfterMs?: number
}

export class StatusError extends Error {
  override readonly name = 'StatusError'
  readonly status: number
  readonly reason: string
  /** The words of the server alone. */
  readonly what: string
  readonly request: string
  readonly causes: readonly StatusCause[]
  readonly retryAfterMs: number | undefined

  constructor(detail: StatusDetail) {
    super(`${detail.request}: ${detail.status} ${detail.reason}: ${detail.message}`)
    this.status = detail.status
    this.reason = detail.reason
    this.what = detail.message
    this.request = detail.request
    this.causes = detail.causes ?? []
    this.retryAfterMs = detail.retryAfterMs
  }
}

const is =
  (status: number, ...reasons: string[]) =>
  (error: unknown): error is StatusError =>
    error instanceof StatusError && error.status === status && (reasons.length === 0 || reasons.includes(error.reason))

export const isNotFound = is(404)
export const isAlreadyExists = is(409, 'AlreadyExists')
/** Somebody else wrote first, a precondition fails, or another manager owns a field. */
export const isConflict = is(409, 'Conflict')
export const isInvalid = is(422)
export const isForbidden = is(403)
/** The resourceVersion or the continue token is older than the server's history: list anew. */
export const isExpired = is(410)
