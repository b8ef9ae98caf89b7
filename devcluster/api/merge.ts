/**
 * The arithmetic of server-side apply on values: merge a configuration into what is there, take fields away, tell what changed.
 *
 * Source of the method: the Kubernetes page on server-side apply; its behaviour is checked against a real server by the contract suite.
 * Everything is pure and shares unchanged parts. Does not: know managers (`ownership.ts`).
 */
import { emptySet, type FieldSet, isEmptySet, leaf, union } from '../../operator/kube/field-set.ts'
import { fieldShape, fieldsOf, isGranular, isMap, isSplit, itemStep, partsOf, type Shape } from './shape.ts'

/** `live` with the fields of `applied` on top. */
export function merge(live: unknown, applied: unknown, shape: Shape | undefined): unknown {
  if (isGranular(applied, shape) && isMap(live)) {
    const merged: Record<string, unknown> = { ...live }
    for (const [name, part] of Object.entries(applied)) {
      if (part !== undefined) merged[name] = merge(live[name], part, fieldShape(shape, name))
    }
    return merged
  }
  if (isSplit(applied, shape) && Array.isArray(live)) return mergeLists(live, applied, shape!)
  return applied
}

/** Items of both: the order of `applied` for its own, what only `live` has stays where it was among them. */
function mergeLists(live: readonly unknown[], applied: readonly unknown[], shape: Shape): unknown[] {
  const there = new Map(live.map((item) => [itemStep(item, shape), item]))
  const wanted = applied.map((item) => [itemStep(item, shape), item] as const)
  const names = new Set(wanted.map(([step]) => step))
  const merged: unknown[] = []
  let next = 0
  const keepBefore = (step: string | undefined) => {
    while (next < live.length) {
      const at = itemStep(live[next], shape)
      if (at === step) {
        next++
        return
      }
      // An applied item that stands elsewhere now: it comes when `applied` reaches it.
      if (!names.has(at)) merged.push(live[next])
      else if (step !== undefined) return
      next++
    }
  }
  for (const [step, item] of wanted) {
    if (there.has(step)) keepBefore(step)
    merged.push(there.has(step) ? merge(there.get(step), item, shape.items) : item)
  }
  keepBefore(undefined)
  return merged
}

/** `value` without what `gone` names and neither `kept` set has anything at. An emptied parent goes with its last child. */
export function prune(value: unknown, gone: FieldSet, kept: readonly FieldSet[], shape: Shape | undefined): unknown {
  const keptAt = (step: string) => kept.flatMap(({ children }) => (children.has(step) ? [children.get(step)!] : []))
  const next = (step: string, part: unknown, partShape: Shape | undefined) => {
    const below = gone.children.get(step)
    if (below === undefined) return part
    const others = keptAt(step)
    return others.length === 0 ? undefined : prune(part, below, others, partShape)
  }
  if (isGranular(value, shape)) {
    const entries = Object.entries(value).map(([name, part]) => [
      name,
      next(`f:${name}`, part, fieldShape(shape, name)),
    ])
    return Object.fromEntries(entries.filter(([, part]) => part !== undefined))
  }
  if (isSplit(value, shape)) {
    return value.map((item) => next(itemStep(item, shape!), item, shape?.items)).filter((item) => item !== undefined)
  }
  return value
}

export interface Comparison {
  /** Added or with another value. */
  readonly changed: FieldSet
  readonly removed: FieldSet
}

export function compare(before: unknown, after: unknown, shape: Shape | undefined): Comparison {
  if (before === after) return { changed: emptySet, removed: emptySet }
  if (before === undefined) return { changed: addedFields(after, shape), removed: emptySet }
  if (after === undefined) return { changed: emptySet, removed: addedFields(before, shape) }
  const old = partsOf(before, shape)
  const now = partsOf(after, shape)
  if (old === undefined || now === undefined) {
    return { changed: equalJson(before, after) ? emptySet : leaf, removed: emptySet }
  }
  const changed = new Map<string, FieldSet>()
  const removed = new Map<string, FieldSet>()
  const oldParts = new Map(old.map(([step, part]) => [step, part]))
  for (const [step, part, partShape] of now) {
    const below = compare(oldParts.get(step), part, partShape)
    oldParts.delete(step)
    if (!isEmptySet(below.changed)) changed.set(step, below.changed)
    if (!isEmptySet(below.removed)) removed.set(step, below.removed)
  }
  for (const [step, part, partShape] of old) if (oldParts.has(step)) removed.set(step, addedFields(part, partShape))
  return { changed: { member: false, children: changed }, removed: { member: false, children: removed } }
}

/** Fields of a value that was not there: unlike in an applied one, maps and lists count themselves. */
function addedFields(value: unknown, shape: Shape | undefined): FieldSet {
  const parts = partsOf(value, shape)
  if (parts === undefined) return leaf
  const children = new Map(parts.map(([step, part, partShape]) => [step, addedFields(part, partShape)]))
  return union({ member: true, children }, fieldsOf(value, shape))
}

export function equalJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const names = Object.keys(a).filter((name) => (a as Record<string, unknown>)[name] !== undefined)
  const others = Object.keys(b).filter((name) => (b as Record<string, unknown>)[name] !== undefined)
  return (
    names.length === others.length &&
    names.every((name) => equalJson((a as Record<string, unknown>)[name], (b as Record<string, unknown>)[name]))
  )
}
