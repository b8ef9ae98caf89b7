/**
 * Types, equality and order of values: by canonical bytes (ADR 0004), computed without making them.
 *
 * Equality is strict: values of different types are never equal, lists compare in order, objects by
 * their entries whatever the order of their keys. The order is null, false, true, numbers, strings
 * (as UTF-8 bytes), lists, objects.
 */
import { compareBytes, compareUtf8 } from '../../common/bytes/compare.ts'
import { canonicalBytes } from './canonical.ts'
import { isList, type Value, type ValueType } from './value.ts'

/** The type's name as users see it. */
export function valueType(value: Value): ValueType {
  if (value === null) return 'null'
  if (typeof value !== 'object') return typeof value as 'boolean' | 'number' | 'string'
  return Array.isArray(value) ? 'list' : 'object'
}

/** The order of the values' canonical bytes: < 0, 0 or > 0. */
export function compareValues(a: Value, b: Value): number {
  if (typeof a === 'string' && typeof b === 'string') return compareUtf8(a, b)
  if (typeof a === 'number' && typeof b === 'number') return a < b ? -1 : a > b ? 1 : 0
  const rank = rankOf(a) - rankOf(b)
  return rank !== 0 || a === null || typeof a !== 'object' ? rank : compareBytes(canonicalBytes(a), canonicalBytes(b))
}

/** True when the canonical bytes are equal. */
export function valuesEqual(a: Value, b: Value): boolean {
  if (a === b) return true
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return false
  if (isList(a))
    return isList(b) && a.length === b.length && a.every((element, index) => valuesEqual(element, b[index]))
  if (isList(b)) return false
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && valuesEqual(a[key], b[key]))
  )
}

/** Order of the types, with one rank for each boolean. */
function rankOf(value: Value): number {
  if (value === null) return 0
  if (typeof value === 'boolean') return value ? 2 : 1
  if (typeof value === 'number') return 3
  if (typeof value === 'string') return 4
  return isList(value) ? 5 : 6
}
