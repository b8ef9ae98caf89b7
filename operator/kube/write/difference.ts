/**
 * What an apply would change: the first field in which `desired` differs from what this manager already owns and what is there. None means
 * that the apply need not be sent (OPR-2), also right after a start of the operator, since nothing but the object itself is asked.
 *
 * The tree of owned fields says which lists have keys, so no schema is needed. A list or map that is one value must be equal: what the server
 * defaults inside of it is in the table `defaults`, or must be spelled out, or each look finds a difference. Does not: see what an admission
 * webhook would do.
 */
import { thousandths } from '../../../crds/quantity.ts'
import { type FieldSet, parseFieldsV1 } from '../field-set.ts'
import type { KubeObject } from '../object.ts'

export interface Applying {
  readonly manager: string
  readonly subresource?: string
}

/** A path as people read it, or `undefined` where the apply would change nothing. */
export function firstDifference(
  live: KubeObject | undefined,
  desired: KubeObject,
  { manager, subresource }: Applying,
): string | undefined {
  if (live === undefined) return 'the object does not exist'
  const entry = (live.metadata.managedFields ?? []).find(
    (one) => one.manager === manager && one.operation === 'Apply' && one.subresource === subresource,
  )
  if (entry === undefined) return `nothing was applied by ${manager} yet`
  if (entry.apiVersion !== desired.apiVersion) return 'apiVersion'
  const { apiVersion: _, kind: __, metadata, ...rest } = desired
  const { name: ___, namespace: ____, uid: _____, resourceVersion: ______, ...ownMetadata } = metadata
  const wanted = Object.keys(ownMetadata).length === 0 ? rest : { ...rest, metadata: ownMetadata }
  return difference({ desired: wanted, live, owned: parseFieldsV1(entry.fieldsV1), path: '' })
}

interface Place {
  readonly desired: unknown
  readonly live: unknown
  readonly owned: FieldSet
  readonly path: string
}

function difference({ desired, live, owned, path }: Place): string | undefined {
  if (owned.children.size === 0) return equalValue(desired, live) ? undefined : path
  const steps = [...owned.children.keys()]
  if (Array.isArray(desired)) return listDifference({ desired, live, owned, path }, steps)
  if (!isMap(desired)) return path
  for (const [name, part] of Object.entries(desired)) {
    if (part === undefined || part === null) continue
    const below = owned.children.get(`f:${name}`)
    if (below === undefined) return `${path}.${name}`
    const found = difference({ desired: part, live: at(live, name), owned: below, path: `${path}.${name}` })
    if (found !== undefined) return found
  }
  const dropped = steps.find((step) => step.startsWith('f:') && (desired[step.slice(2)] ?? undefined) === undefined)
  return dropped === undefined ? undefined : `${path}.${dropped.slice(2)}`
}

function listDifference({ desired, live, owned, path }: Place, steps: readonly string[]): string | undefined {
  const wanted = desired as readonly unknown[]
  const there = Array.isArray(live) ? (live as readonly unknown[]) : []
  if (wanted.length !== steps.length) return path
  let last = -1
  for (const item of wanted) {
    const step = steps.find((one) => isStepOf(one, item))
    const index = step === undefined ? -1 : there.findIndex((one) => isStepOf(step, one))
    // An item that stands before one it should follow is a difference as well.
    if (step === undefined || index <= last) return `${path}[${there.length === 0 ? '' : nameOf(item)}]`
    last = index
    if (step.startsWith('v:')) continue
    const below = owned.children.get(step)!
    const found = difference({ desired: item, live: there[index], owned: below, path: `${path}[${nameOf(item)}]` })
    if (found !== undefined) return found
  }
  return undefined
}

/** A key that the item leaves out has the default of the server, which is in the step. */
function isStepOf(step: string, item: unknown): boolean {
  const content: unknown = JSON.parse(step.slice(2))
  if (step.startsWith('v:')) return content === item
  return (
    isMap(item) &&
    Object.entries(content as object).every(
      ([name, value]) => item[name] === undefined || String(item[name]) === String(value),
    )
  )
}

function nameOf(item: unknown): string {
  if (!isMap(item)) return String(item)
  const [name] = ['name', 'mountPath', 'type', 'containerPort', 'port', 'uid'].filter((one) => item[one] !== undefined)
  return name === undefined ? '' : String(item[name])
}

function equalValue(desired: unknown, live: unknown): boolean {
  if (desired === live) return true
  if (live === undefined || live === null) return isZero(desired)
  if (isMap(desired) && isMap(live)) {
    const names = new Set([...Object.keys(desired), ...Object.keys(live)])
    return [...names].every(
      (name) =>
        equalValue(desired[name] ?? undefined, live[name] ?? undefined) ||
        (desired[name] === undefined && isDefault(desired, name, live[name])),
    )
  }
  if (Array.isArray(desired) && Array.isArray(live)) {
    return desired.length === live.length && desired.every((item, index) => equalValue(item, live[index]))
  }
  if (typeof desired === 'object' || typeof live === 'object') return false
  return String(desired) === String(live) || equalQuantity(desired as string | number, live as string | number)
}

/** What the server adds inside of values that are one: by a field that says which value it is, name and content. */
const defaults: readonly (readonly [beside: string, name: string, value: unknown])[] = [
  ['fieldPath', 'apiVersion', 'v1'],
  ['port', 'protocol', 'TCP'],
]

function isDefault(value: Readonly<Record<string, unknown>>, name: string, content: unknown): boolean {
  return defaults.some(([beside, added, is]) => value[beside] !== undefined && added === name && is === content)
}

/** The server leaves out what is empty. */
function isZero(value: unknown): boolean {
  return value === undefined || value === null || value === '' || value === 0 || value === false || isEmpty(value)
}

/** `1000m` is stored as `1`. Two texts of other meaning are never both quantities of equal size and different form. */
function equalQuantity(a: string | number, b: string | number): boolean {
  try {
    return thousandths(a) === thousandths(b)
  } catch {
    return false
  }
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function at(value: unknown, name: string): unknown {
  return isMap(value) ? value[name] : undefined
}
