/**
 * References: what a filter, a breakdown or a measure looks at, and how its value is found.
 */
import { bug } from '../../../common/errors/errors.ts'
import type { Value } from '../../schema/value.ts'
import { invalid, pathOf, strictObject } from '../request/invalid.ts'
import { parseTime } from '../time/calendar.ts'
import type { Zone } from '../time/zone.ts'

export type Reference = PropertyReference | FieldReference

export interface PropertyReference {
  readonly kind: 'property'
  readonly name: string
  /** Keys into objects below the property; empty for the property itself. */
  readonly path: readonly string[]
  /** Set with `"as": "time"`: strings are read as times of this zone and become ms. */
  readonly timeIn: Zone | undefined
}

export interface FieldReference {
  readonly kind: 'field'
  readonly field: 'event' | 'distinct_id'
  readonly timeIn: Zone | undefined
}

const referenceKeys = ['property', 'field', 'as']

/** Reads a reference; `otherKeys` may stand beside it in the same object. Throws `QUERY_INVALID`. */
export function parseReference(raw: unknown, path: string, zone: Zone, otherKeys: readonly string[] = []): Reference {
  const document = strictObject(raw, path, [...referenceKeys, ...otherKeys])
  const { property, field, as } = document
  if (as !== undefined && as !== 'time') invalid(pathOf(path, 'as'), as, '"time", or nothing')
  const timeIn = as === 'time' ? zone : undefined
  if (property !== undefined && field !== undefined) invalid(path, raw, 'either "property" or "field"')
  if (field !== undefined) {
    if (field !== 'event' && field !== 'distinct_id') invalid(pathOf(path, 'field'), field, '"event" or "distinct_id"')
    return { kind: 'field', field, timeIn }
  }
  const keys: unknown[] = Array.isArray(property) ? property : [property]
  if (keys.length === 0 || !keys.every((key) => typeof key === 'string')) {
    invalid(pathOf(path, 'property'), property, 'a property name, or a list of at least one key')
  }
  const [name, ...rest] = keys as string[]
  return { kind: 'property', name: name ?? bug('a reference without a key'), path: rest, timeIn }
}

/** What a reference makes of the value of its property or field; `undefined` is missing. */
export function resolve(reference: Reference, value: Value | undefined): Value | undefined {
  let found = value
  if (reference.kind === 'property') {
    for (const key of reference.path) {
      if (typeof found !== 'object' || found === null || Array.isArray(found) || !Object.hasOwn(found, key))
        return undefined
      found = (found as { readonly [key: string]: Value })[key]
    }
  }
  if (reference.timeIn === undefined) return found
  return typeof found === 'string' ? parseTime(found, reference.timeIn) : undefined
}

/** True when numbers of the property stand for themselves; else every one of them is missing. */
export function keepsNumbers(reference: Reference): boolean {
  return reference.kind === 'property' && reference.path.length === 0 && reference.timeIn === undefined
}

/** What has to be read for some references. */
export interface ReferenceNeeds {
  readonly properties: readonly string[]
  /** They look at ids. */
  readonly ids: boolean
  /** They look at event names. */
  readonly names: boolean
}

export function needsOf(references: readonly Reference[]): ReferenceNeeds {
  const properties = references.flatMap((reference) => (reference.kind === 'property' ? [reference.name] : []))
  const looksAt = (field: 'event' | 'distinct_id'): boolean => {
    return references.some((reference) => reference.kind === 'field' && reference.field === field)
  }
  return { properties: [...new Set(properties)], ids: looksAt('distinct_id'), names: looksAt('event') }
}
