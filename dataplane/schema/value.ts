/**
 * Property values: JSON, typed as sent, never coerced (ADR 0004).
 *
 * Numbers are IEEE 754 doubles; -0 is stored as 0 and non-finite numbers do not exist. Dates are
 * strings (a query may cast them). Objects have unordered keys; two objects are equal when their
 * sorted entries are. Lists are ordered.
 */
export type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value }

/** Type names as users see them. */
export type ValueType = 'null' | 'boolean' | 'number' | 'string' | 'list' | 'object'

/** `Array.isArray` for values: that one does not narrow a read-only list. */
export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value)
}
