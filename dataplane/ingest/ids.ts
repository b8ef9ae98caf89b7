/**
 * User ids and insert ids as sent. They are keys, so they are never converted or cut: either would
 * make two of them one.
 */
import { eventLimits } from './limits.ts'
import { describe, refuse } from './refusal.ts'
import { refuseUnicode, unitsOf } from './text.ts'

/** What senders without an id send, in lower case. Events under such an id would make one giant user of strangers. */
const bannedIds: ReadonlySet<string> = new Set([
  ...['00000000-0000-0000-0000-000000000000', 'anon', 'anonymous', 'nil', 'none', 'null', 'n/a', 'na', 'undefined'],
  ...['unknown', '<nil>', '0', '-1', 'true', 'false', '[]', '{}'],
])
const bannedLengthMax = 'anonymous'.length
const uuidLength = 36

/** `''` = no user. Throws a `Refusal`. */
export function distinctId(raw: unknown): string {
  const field = 'properties.distinct_id'
  if (typeof raw !== 'string') {
    if (raw === undefined) refuse(field, 'missing', 'required; send "" for an event without a user')
    refuse(field, 'type', `got ${describe(raw)}, want a string`)
  }
  const { distinctIdCodePointsMax } = eventLimits
  if (raw.length > distinctIdCodePointsMax && unitsOf(raw, distinctIdCodePointsMax) < raw.length) {
    refuse(field, 'too_long', `got more than ${distinctIdCodePointsMax} characters; it is never cut`)
  }
  if (!raw.isWellFormed()) refuseUnicode(field)
  if (isBanned(raw))
    refuse(field, 'banned', `got ${describe(raw)}, which stands for no id; send "" where there is no user`)
  return raw
}

/** Throws a `Refusal`. */
export function insertId(raw: unknown): string {
  const field = 'properties.$insert_id'
  if (typeof raw !== 'string') {
    if (raw === undefined) refuse(field, 'missing', 'required: an id that is the same for each retry of this event')
    refuse(field, 'type', `got ${describe(raw)}, want a string`)
  }
  if (raw === '') refuse(field, 'empty', 'want 1 to 36 of A-Z, a-z, 0-9 and -')
  if (raw.length > eventLimits.insertIdBytesMax) {
    refuse(field, 'too_long', `got ${raw.length} characters, want at most ${eventLimits.insertIdBytesMax}`)
  }
  for (let i = 0; i < raw.length; i++) {
    const unit = raw.charCodeAt(i)
    if (unit > 0x7f || idCharacters[unit] === 0) refuse(field, 'characters', 'want only A-Z, a-z, 0-9 and -')
  }
  if (isBanned(raw)) refuse(field, 'banned', `got ${describe(raw)}, which stands for no id; send one of your own`)
  return raw
}

function isBanned(id: string): boolean {
  if (id.length <= bannedLengthMax) return id !== '' && bannedIds.has(id.toLowerCase())
  return id.length === uuidLength && id.charCodeAt(0) === 0x30 && bannedIds.has(id)
}

/** 1 for the ASCII characters that an insert id may have. */
const idCharacters = new Uint8Array(128)
for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-') {
  idCharacters[character.charCodeAt(0)] = 1
}
