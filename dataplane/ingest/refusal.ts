/**
 * Why an event is refused: a field, a stable code, a message that says got, want and what to do.
 *
 * Thrown inside validation and caught in `validate`, which returns it; it is no `Error`, since a
 * sender with a million bad events must not cost a million stack traces.
 */

/** Stable: senders may match on them. The table of `docs/reference/events.md` says the same. */
export const refusalCodes = {
  missing: 'a required field is absent',
  type: 'a field has a type that it cannot have',
  unknown: 'a field that means nothing here',
  empty: 'an empty name or id',
  too_long: 'an id is over its length',
  too_many: 'more properties, keys or elements than the limit',
  too_deep: 'lists and objects inside each other beyond the limit',
  too_large: 'a list, an object or the event takes more bytes than the limit',
  characters: 'a character that the field cannot have',
  unicode: 'half of a surrogate pair',
  number: 'a number that is not finite',
  ambiguous: 'two names that are one once they are cut',
  banned: 'an id that senders use for "no id"',
  time: 'before 1971, or more than an hour ahead',
} as const

export type RefusalCode = keyof typeof refusalCodes

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
