/**
 * The one type of a Kubernetes object: plain JSON as the server sent it.
 *
 * Dates stay strings, unknown fields stay, nothing is a class. Objects out of a store or a list are frozen: a change is a new
 * object. Kinds give it a spec and a status as type aliases (`type Pod = KubeObject & { spec: PodSpec }`), never as interfaces,
 * which would not fit the open type. Does not: validate (see `crds/`).
 */

export interface OwnerReference {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller?: boolean
  readonly blockOwnerDeletion?: boolean
}

/** One manager's fields as the server keeps them; `fieldsV1` is a tree of `f:name`, `k:{…}`, `v:…` and `.`. */
export interface ManagedFieldsEntry {
  readonly manager?: string
  readonly operation?: 'Apply' | 'Update'
  readonly apiVersion?: string
  readonly time?: string
  readonly fieldsType?: string
  readonly fieldsV1?: FieldsV1
  readonly subresource?: string
}

export interface FieldsV1 {
  readonly [step: string]: FieldsV1
}

export interface ObjectMeta {
  /** Empty only in an object to be created with `generateName`. */
  readonly name: string
  readonly namespace?: string
  readonly generateName?: string
  readonly uid?: string
  readonly resourceVersion?: string
  readonly generation?: number
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly deletionGracePeriodSeconds?: number
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly finalizers?: readonly string[]
  readonly ownerReferences?: readonly OwnerReference[]
  readonly managedFields?: readonly ManagedFieldsEntry[]
}

export type KubeObject = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ObjectMeta
  readonly spec?: unknown
  readonly status?: unknown
  readonly [field: string]: unknown
}

/** Names one object of a known kind. `namespace` is absent for cluster-scoped kinds. */
export interface ObjectKey {
  readonly namespace?: string
  readonly name: string
}

/** An object as its text in queues, maps and messages: `shop/events`, or `events` without a namespace. */
export function keyText({ namespace, name }: ObjectKey): string {
  return namespace === undefined ? name : `${namespace}/${name}`
}

/** The inverse of `keyText`. */
export function keyOfText(text: string): ObjectKey {
  const slash = text.indexOf('/')
  return slash === -1 ? { name: text } : { namespace: text.slice(0, slash), name: text.slice(slash + 1) }
}

export function keyOf({ metadata: { namespace, name } }: KubeObject): ObjectKey {
  return namespace === undefined ? { name } : { namespace, name }
}

/** Freezes plain JSON all the way down and returns it. What is frozen already is taken as frozen below too. */
export function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const part of Object.values(value)) freeze(part)
  return Object.freeze(value)
}
