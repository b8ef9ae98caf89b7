/**
 * Filters as typed trees, and what a condition says of one value.
 *
 * Does not: look at columns: per dictionary entry (`table.ts`), per user (`users.ts`), per row (`rows.ts`).
 */
import { compareUtf8 } from '../../../common/bytes/compare.ts'
import { valuesEqual, valueType } from '../../schema/compare.ts'
import type { Value, ValueType } from '../../schema/value.ts'
import type { Reference } from './reference.ts'

export type Filter =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Filter[] }
  | { readonly kind: 'not'; readonly part: Filter }
  | Leaf

export interface Leaf {
  readonly kind: 'leaf'
  readonly reference: Reference
  readonly condition: Condition
}

export type Comparison = 'lt' | 'le' | 'gt' | 'ge'

/** `ne` is `not` of `eq`. */
export type Condition =
  | { readonly op: 'eq' | 'contains' | Comparison; readonly value: Value }
  | { readonly op: 'in'; readonly values: readonly Value[] }
  | { readonly op: 'set' }
  | { readonly op: 'type'; readonly type: ValueType }

/** Which events: names (`undefined`: any) and a filter (`undefined`: none). */
export interface Selector {
  readonly events: ReadonlySet<string> | undefined
  readonly where: Filter | undefined
}

/** What the condition says of a resolved value (`undefined` is missing). */
export function holds(condition: Condition, value: Value | undefined): boolean {
  if (value === undefined) return false
  switch (condition.op) {
    case 'set':
      return true
    case 'type':
      return valueType(value) === condition.type
    case 'eq':
      return valuesEqual(value, condition.value)
    case 'in':
      return condition.values.some((wanted) => valuesEqual(value, wanted))
    case 'contains':
      if (Array.isArray(value)) return value.some((element: Value) => valuesEqual(element, condition.value))
      return typeof value === 'string' && typeof condition.value === 'string' && value.includes(condition.value)
    default:
      return ordered(condition.op, value, condition.value)
  }
}

function ordered(op: Comparison, left: Value, right: Value): boolean {
  let order: number
  if (typeof left === 'number' && typeof right === 'number') order = left - right
  else if (typeof left === 'string' && typeof right === 'string') order = compareUtf8(left, right)
  else return false
  if (op === 'lt') return order < 0
  if (op === 'le') return order <= 0
  return op === 'gt' ? order > 0 : order >= 0
}

/** All leaves of a filter, left to right. */
export function leavesOf(filter: Filter | undefined): Leaf[] {
  if (filter === undefined) return []
  if (filter.kind === 'leaf') return [filter]
  return filter.kind === 'not' ? leavesOf(filter.part) : filter.parts.flatMap(leavesOf)
}
