/**
 * One event of an `/import` body becomes an `Event`, or a refusal that names the field.
 *
 * Owns the rules of `docs/reference/events.md`: types are kept as sent, nothing is converted; strings
 * are cut, keys and ids never; every limit is checked before anything is built from what it bounds.
 * Written by hand and in one walk over the properties, since it runs for every event: a schema
 * library takes longer than parsing the JSON does.
 *
 * Does not: parse bodies, authenticate, look at `token`, resolve `ip`, or know other events.
 */
import { Buffer } from 'node:buffer'
import type { Event } from '../schema/event.ts'
import { emptyProperties } from '../schema/properties.ts'
import type { Value } from '../schema/value.ts'
import { distinctId, insertId } from './ids.ts'
import { eventLimits } from './limits.ts'
import { nestedValue, refuseNumber, storedNumber } from './nested.ts'
import { describe, Refusal, refuse } from './refusal.ts'
import { cutText, mayBeCut, refuseAmbiguous, refuseUnicode } from './text.ts'
import { eventTime } from './time.ts'

export interface ValidationContext {
  readonly project: string
  /** ms since 1970, this server's clock. */
  readonly now: number
  /** Makes an insert id for an event that brings none; without it the id is required. See `MintedIds`. */
  readonly mintInsertId?: () => string
}

export type Validation =
  | { readonly event: Event; readonly error?: undefined }
  | { readonly event?: undefined; readonly error: Refusal }

/** Validates one event of a body, as `JSON.parse` makes it. Never throws for what `raw` holds, changes nothing in it. */
export function validate(raw: unknown, context: ValidationContext): Validation {
  try {
    return { event: eventOf(raw, context) }
  } catch (thrown) {
    if (thrown instanceof Refusal) return { error: thrown }
    throw thrown
  }
}

function eventOf(raw: unknown, context: ValidationContext): Event {
  if (!isObject(raw)) refuse('$', 'type', `got ${describe(raw)}, want an object with event and properties`)
  for (const key in raw) {
    if (key !== 'event' && key !== 'properties') {
      refuse(key, 'unknown', 'only event and properties are kept; put it into properties')
    }
  }
  const event = eventName(raw.event)
  const sent = raw.properties
  if (!isObject(sent)) {
    if (sent === undefined) refuse('properties', 'missing', 'required: an object with time, distinct_id and $insert_id')
    refuse('properties', 'type', `got ${describe(sent)}, want an object`)
  }
  const time = eventTime(sent.time, context.now)
  const user = distinctId(sent.distinct_id)
  const { mintInsertId } = context
  const minted = mintInsertId !== undefined && sent.$insert_id === undefined
  const id = minted ? '' : insertId(sent.$insert_id)
  const properties = propertiesOf(sent, event)
  return { project: context.project, event, distinctId: user, time, insertId: minted ? mintInsertId() : id, properties }
}

function eventName(raw: unknown): string {
  if (typeof raw !== 'string') {
    if (raw === undefined) refuse('event', 'missing', 'required: the name of the event')
    refuse('event', 'type', `got ${describe(raw)}, want a string`)
  }
  if (raw === '') refuse('event', 'empty', 'want a name')
  return cutText(raw) ?? refuseUnicode('event')
}

/** Escapes make a UTF-16 unit up to six bytes of JSON; the rest of a property is quotes, a colon, a comma or a number. */
const jsonBytesPerUnitMax = 6
const jsonBytesAroundMax = 32

function propertiesOf(sent: Readonly<Record<string, unknown>>, event: string): Record<string, Value> {
  const properties = emptyProperties()
  let count = 0
  let units = event.length
  let nestedBytes = 0
  // for-in runs over the engine's own list of the names; Object.keys would copy it, which takes four times as long.
  for (const key in sent) {
    if (key === 'time' || key === 'distinct_id' || key === '$insert_id' || key === 'token') continue
    const name = key === lastNames[count] ? key : propertyName(key, properties, count)
    if (++count > eventLimits.propertiesMax) {
      refuse('properties', 'too_many', `got more than ${eventLimits.propertiesMax}; send a part of them`)
    }
    units += name.length
    const value = sent[key]
    if (typeof value === 'string') {
      const text = cutText(value) ?? refuseUnicode(`properties.${name}`)
      units += text.length
      properties[name] = text
    } else if (typeof value === 'number') {
      properties[name] = Number.isFinite(value) ? storedNumber(value) : refuseNumber(value, `properties.${name}`)
    } else if (typeof value === 'boolean' || value === null) {
      properties[name] = value
    } else if (typeof value === 'object') {
      const nested = nestedValue(value, `properties.${name}`)
      nestedBytes += nested.bytes
      properties[name] = nested.value
    } else {
      refuse(`properties.${name}`, 'type', `got ${describe(value)}, want JSON`)
    }
  }
  const bytesMax = nestedBytes + units * jsonBytesPerUnitMax + count * jsonBytesAroundMax
  if (bytesMax > eventLimits.eventBytesMax) refuseLarge(event, properties)
  return properties
}

/**
 * Names of the last events by place, checked: events of one kind carry the same names in the same
 * order, and comparing them costs a tenth of checking them.
 */
const lastNames: string[] = []

function propertyName(key: string, properties: Readonly<Record<string, Value>>, place: number): string {
  const name = cutText(key) ?? refuseUnicode('properties')
  // Names that end in NUL are the fixed fields' in digests (ADR 0005).
  if (name.includes('\0')) refuse('properties', 'characters', `got the name ${describe(key)}, want one without NUL`)
  if (mayBeCut(name)) {
    if (name in properties) refuseAmbiguous(`properties.${name}`)
  } else {
    lastNames[place] = name
  }
  return name
}

/** Refuses the event if it is too large: only few reach the bound, so only they are measured. */
function refuseLarge(event: string, properties: Readonly<Record<string, Value>>): void {
  const bytes = Buffer.byteLength(JSON.stringify({ event, properties }))
  if (bytes > eventLimits.eventBytesMax) {
    refuse('properties', 'too_large', `got ${bytes} bytes of JSON, want at most ${eventLimits.eventBytesMax}`)
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
