/** Label selectors and node selector terms: does a set of labels match? Pure. */
import type { LabelSelector, SelectorTerm } from '../objects.ts'

export type Labels = Readonly<Record<string, string>>

/** An absent selector matches nothing, an empty one everything. */
export function matches(selector: LabelSelector | undefined, labels: Labels = {}): boolean {
  if (selector === undefined) return false
  return hasAll(selector.matchLabels, labels) && (selector.matchExpressions ?? []).every((term) => holds(term, labels))
}

export function hasAll(wanted: Labels = {}, labels: Labels = {}): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value)
}

export function holds({ key, operator, values = [] }: SelectorTerm, labels: Labels): boolean {
  const value = labels[key]
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    case 'Gt':
      return value !== undefined && Number(value) > Number(values[0])
    case 'Lt':
      return value !== undefined && Number(value) < Number(values[0])
  }
}
