/**
 * Why an event is refused: a field, a stable code, a message that says got, want and what to do.
 *
 * Thrown inside validation and caught in `validate`, which returns it; it is no `Error`, since a
 * sender with a million bad events must not cost a million stack traces.
 */

/** Stable: senders may match on them. */
export type RefusalCode =
  /** A required field is absent. */
  | 'missing'
  /** A field has a type that it cannot have; nothing is converted. */
  | 'type'
  /** A field that means nothing here and would be lost. */
  | 'unknown'
  /** An empty name or id. */
  | 'empty'
  /** Longer, larger or more than a limit. */
  | 'too_long'
  | 'too_many'
  | 'too_deep'
  | 'too_large'
  /** A character that the field cannot have. */
  | 'characters'
  /** A string that is no Unicode text: half of a surrogate pair. */
  | 'unicode'
  /** A number that JSON cannot hold, such as 1e999. */
  | 'number'
  /** Two names that are one after cutting. */
  | 'ambiguous'
  /** An id that senders use for "no id". */
  | 'banned'
  /** Before 1971, or more than an hour ahead. */
  | 'time'

export class Refusal {
  /** Path as in the body: `event`, `properties.time`, `properties.cart.items[3]`. */
  readonly field: string
  readonly code: RefusalCode
  readonly message: string

  constructor(field: string, code: RefusalCode, message: string) {
    this.field = field
    this.code = code
    this.message = message
  }
}

/** Always throws. */
export function refuse(field: string, code: RefusalCode, message: string): never {
  throw new Refusal(field, code, `${field}: ${message}`)
}

/** What a value is, for messages: its type, or the value where it is short. */
export function describe(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'an object'
  if (typeof value === 'string') return value.length <= 40 ? JSON.stringify(value) : `a string of ${value.length}`
  return `the ${typeof value} ${String(value)}`
}
