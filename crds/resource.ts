/** The TypeScript shape of an object of a kind: what the API server returns, read only, with the defaults in it. */

/** The part of ObjectMeta that plans and renders read; the rest passes through. */
export interface ResourceMeta {
  readonly name: string
  readonly namespace?: string
  readonly uid?: string
  readonly resourceVersion?: string
  readonly generation?: number
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly finalizers?: readonly string[]
  readonly [field: string]: unknown
}

export interface Resource<Spec, Status> {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ResourceMeta
  readonly spec: Spec
  readonly status?: Status
}

export type DeepReadonly<T> = T extends (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T
