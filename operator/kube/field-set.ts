/**
 * Sets of fields of an object, in the form in which the server keeps who owns what (`managedFields[].fieldsV1`).
 *
 * A set is a tree. A step is `f:name` (field), `k:{"name":"x"}` (item of a list with keys), `v:"x"` (item of a list of unlike values). A node is
 * a member when the field itself is owned; a node without children is always one. Sources: the Kubernetes page on server-side apply and
 * the FieldsV1 type of its API reference. Does not: know schemas (the server's side of that is `devcluster/api/shape.ts`).
 */
import type { FieldsV1 } from './object.ts'

export interface FieldSet {
  readonly member: boolean
  readonly children: ReadonlyMap<string, FieldSet>
}

export const emptySet: FieldSet = { member: false, children: new Map() }
export const leaf: FieldSet = { member: true, children: new Map() }

export function isEmptySet({ member, children }: FieldSet): boolean {
  return !member && children.size === 0
}

function parseFields(fields: FieldsV1): FieldSet {
  const children = new Map<string, FieldSet>()
  let member = false
  for (const [step, below] of Object.entries(fields)) {
    if (step === '.') member = true
    else children.set(step, parseFields(below))
  }
  return { member: member || children.size === 0, children }
}

/** A whole `fieldsV1`: unlike below, an empty tree is the empty set. */
export function parseFieldsV1(fields: FieldsV1 | undefined): FieldSet {
  return fields === undefined || Object.keys(fields).length === 0 ? emptySet : parseFields(fields)
}

export function formatFields({ member, children }: FieldSet): FieldsV1 {
  const fields: Record<string, FieldsV1> = {}
  if (member && children.size > 0) fields['.'] = {}
  for (const [step, below] of [...children].sort(([a], [b]) => (a < b ? -1 : 1))) fields[step] = formatFields(below)
  return fields
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  const children = new Map(a.children)
  for (const [step, below] of b.children) {
    const other = children.get(step)
    children.set(step, other === undefined ? below : union(other, below))
  }
  return { member: a.member || b.member, children }
}

/** The members of `a` that are not members of `b`. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return combine(a, b, (inA, inB) => inA && !inB)
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  return combine(a, b, (inA, inB) => inA && inB)
}

function combine(a: FieldSet, b: FieldSet, keep: (inA: boolean, inB: boolean) => boolean): FieldSet {
  const children = new Map<string, FieldSet>()
  for (const [step, below] of a.children) {
    const rest = combine(below, b.children.get(step) ?? emptySet, keep)
    if (!isEmptySet(rest)) children.set(step, rest)
  }
  return { member: keep(a.member, b.member), children }
}

/** The set without the node at the path and all below it. */
export function without(set: FieldSet, [step, ...rest]: readonly string[]): FieldSet {
  const below = step === undefined ? undefined : set.children.get(step)
  if (step === undefined || below === undefined) return set
  const children = new Map(set.children)
  const left = rest.length === 0 ? emptySet : without(below, rest)
  if (isEmptySet(left)) children.delete(step)
  else children.set(step, left)
  return { member: set.member, children }
}

/** Paths of the members, as people read them: `.spec.containers[name="x"].image`. */
export function paths(set: FieldSet, prefix = ''): string[] {
  return [
    ...(set.member ? [prefix] : []),
    ...[...set.children].flatMap(([step, below]) => paths(below, `${prefix}${stepText(step)}`)),
  ]
}

function stepText(step: string): string {
  if (step.startsWith('f:')) return `.${step.slice(2)}`
  if (step.startsWith('v:')) return `[=${step.slice(2)}]`
  const keys = Object.entries(JSON.parse(step.slice(2)) as Record<string, unknown>)
  return `[${keys.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}]`
}
