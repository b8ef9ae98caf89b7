/**
 * Shapes: what server-side apply must know of a kind to merge it. Which lists have keys or unlike values, which maps and lists are one value.
 *
 * What a shape does not mention is a map of single fields or a list that is one value. Shapes of custom kinds come from the
 * `x-kubernetes-list-type` of their schema, those of built-in kinds from the table of `built-in.ts`. Does not: validate.
 */
import { type FieldSet, leaf } from '../../operator/kube/field-set.ts'

export interface Shape {
  readonly fields?: Readonly<Record<string, Shape>>
  /** Of a map whose keys are data. */
  readonly values?: Shape
  readonly items?: Shape
  /** How a list merges. Absent: as one value. */
  readonly list?: 'set' | 'map'
  /** Names of the key fields, with the value that stands for an absent one. */
  readonly keys?: Readonly<Record<string, string | number | undefined>>
  /** A map that is one value. */
  readonly atomic?: boolean
}

export type JsonMap = Readonly<Record<string, unknown>>

export function isMap(value: unknown): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A list whose items have steps of their own. */
export function isSplit(value: unknown, shape: Shape | undefined): value is readonly unknown[] {
  return Array.isArray(value) && shape?.list !== undefined
}

export function isGranular(value: unknown, shape: Shape | undefined): value is JsonMap {
  return isMap(value) && shape?.atomic !== true
}

export function fieldShape(shape: Shape | undefined, name: string): Shape | undefined {
  return shape?.fields?.[name] ?? shape?.values
}

/** The step of a list's item. */
export function itemStep(item: unknown, shape: Shape): string {
  if (shape.list === 'set') return `v:${JSON.stringify(item)}`
  const names = Object.keys(shape.keys ?? {}).sort()
  const entries = names.flatMap((name) => {
    const value = isMap(item) && item[name] !== undefined ? item[name] : shape.keys?.[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return `k:${JSON.stringify(Object.fromEntries(entries))}`
}

/** The value's parts with their steps: fields of a map, items of a split list. `undefined`: it has none, it is one value. */
export function partsOf(value: unknown, shape: Shape | undefined): [string, unknown, Shape | undefined][] | undefined {
  if (isGranular(value, shape)) {
    return Object.entries(value)
      .filter(([, part]) => part !== undefined)
      .map(([name, part]) => [`f:${name}`, part, fieldShape(shape, name)])
  }
  if (isSplit(value, shape)) return value.map((item) => [itemStep(item, shape!), item, shape?.items])
  return undefined
}

/** The fields that somebody who applies `value` owns. */
export function fieldsOf(value: unknown, shape: Shape | undefined): FieldSet {
  const parts = partsOf(value, shape)
  if (parts === undefined || parts.length === 0) return leaf
  const children = new Map<string, FieldSet>()
  for (const [step, part, partShape] of parts) {
    const below = fieldsOf(part, partShape)
    children.set(step, step.startsWith('k:') ? { member: true, children: below.children } : below)
  }
  return { member: false, children }
}

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | boolean
  readonly items?: Schema
  readonly default?: unknown
  readonly 'x-kubernetes-list-type'?: string
  readonly 'x-kubernetes-list-map-keys'?: readonly string[]
  readonly 'x-kubernetes-map-type'?: string
}

/** The shape of an OpenAPI schema as a CustomResourceDefinition carries it. */
export function shapeOfSchema(schema: Schema): Shape {
  const { properties, additionalProperties, items } = schema
  const list = schema['x-kubernetes-list-type']
  const keys = schema['x-kubernetes-list-map-keys']
  return {
    ...(properties && {
      fields: Object.fromEntries(Object.entries(properties).map(([name, part]) => [name, shapeOfSchema(part)])),
    }),
    ...(typeof additionalProperties === 'object' && { values: shapeOfSchema(additionalProperties) }),
    ...(items && { items: shapeOfSchema(items) }),
    ...((list === 'set' || list === 'map') && { list }),
    ...(keys && {
      keys: Object.fromEntries(
        keys.map((key) => [key, items?.properties?.[key]?.default as string | number | undefined]),
      ),
    }),
    ...(schema['x-kubernetes-map-type'] === 'atomic' && { atomic: true }),
  }
}
