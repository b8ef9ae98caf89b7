/**
 * The kinds of error, never mixed (STYLE 11):
 *
 * - `bug()`: our own broken invariant. Stop; nothing downstream can be trusted.
 * - `corrupt()`: bytes that are not what was written. Quarantine the object, say the remedy.
 * - `unavailable()`: the environment failed (disk, store, log). Nothing was promised; try again.
 * - `UserError`: the caller's request is wrong; carries an HTTP status and whether a retry can help.
 *
 * A message says what failed, on which object, got, want and what to do.
 */
import { type Code, codes } from './codes.ts'

/** A broken invariant of this program. */
export class BugError extends Error {
  override readonly name = 'BugError'
}

/**
 * Always throws `BugError`. Use it where the program's own logic must have failed. `promise` is the ID of the promise that would be
 * violated, where there is one.
 */
export function bug(message: string, promise?: string): never {
  throw new BugError(`BUG${promise ? ` ${promise}` : ''}: ${message}. This is a defect; please report it.`)
}

/** Throws `BugError` unless the condition holds. */
export function assert(condition: boolean, message: string, promise?: string): asserts condition {
  if (!condition) bug(message, promise)
}

export interface CorruptDetail {
  readonly code: Code
  /** The object: a file path, an object key, `partition 3 offset 17`. */
  readonly object: string
  /** Byte offset in the object at which the mismatch was seen. */
  readonly offset?: number
  /** What is wrong, as a noun phrase: `crc32 of block 3`. */
  readonly what: string
  readonly got: string | number
  readonly want: string | number
}

export class CorruptError extends Error {
  override readonly name = 'CorruptError'
  readonly code: Code
  readonly object: string
  readonly offset: number | undefined
  readonly detail: CorruptDetail

  constructor(detail: CorruptDetail) {
    const at = detail.offset === undefined ? '' : ` at byte ${detail.offset}`
    super(withRemedy(detail.code, `${detail.object}${at}: ${detail.what}: got ${detail.got}, want ${detail.want}`))
    this.code = detail.code
    this.object = detail.object
    this.offset = detail.offset
    this.detail = detail
  }
}

/** Always throws `CorruptError`. */
export function corrupt(detail: CorruptDetail): never {
  throw new CorruptError(detail)
}

export class UnavailableError extends Error {
  override readonly name = 'UnavailableError'
  readonly code: Code
  /** The message without code and remedy. */
  readonly what: string
  readonly retryable = true

  constructor(code: Code, what: string, cause?: unknown) {
    super(withRemedy(code, what), cause === undefined ? undefined : { cause })
    this.code = code
    this.what = what
  }
}

/** Always throws `UnavailableError`. `message` names the object and what was tried. */
export function unavailable(code: Code, message: string, cause?: unknown): never {
  throw new UnavailableError(code, message, cause)
}

export class UserError extends Error {
  override readonly name = 'UserError'
  readonly code: Code
  /** The message without code and remedy: for clients whose replies have another form. */
  readonly what: string
  /** HTTP status. */
  readonly status: number
  readonly retryable: boolean
  /** Path of the offending field, for example `properties.time` or `steps[1].where`. */
  readonly field: string | undefined
  /** How long to wait before the same request may succeed, where that is known. */
  readonly retryAfterMs: number | undefined

  /** `what` names the object, got and want; code and remedy are put around it. */
  constructor(
    code: Code,
    what: string,
    options: { status?: number; retryable?: boolean; field?: string; retryAfterMs?: number } = {},
  ) {
    super(withRemedy(code, what))
    this.what = what
    this.code = code
    this.status = options.status ?? 400
    this.retryable = options.retryable ?? false
    this.field = options.field
    this.retryAfterMs = options.retryAfterMs
  }
}

function withRemedy(code: Code, message: string): string {
  return `${code}: ${message}. ${codes[code].remedy}`
}
