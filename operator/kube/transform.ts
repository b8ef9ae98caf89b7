/**
 * What an object loses before it is kept: what the operator never reads. Most of an object's bytes are `managedFields` of others.
 *
 * The tree of a manager is the same for thousands of objects of one kind, so equal ones are kept once.
 */
import { type FieldsV1, freeze, type KubeObject, type ManagedFieldsEntry } from './object.ts'

export type Transform = (object: KubeObject) => KubeObject

/** Keeps the `managedFields` for which `keeps` says so, one copy of equal trees. */
export function keepFieldsOf(keeps: (manager: string) => boolean): Transform {
  const trees = new Map<string, FieldsV1>()
  const interned = (fields: FieldsV1): FieldsV1 => {
    const text = JSON.stringify(fields)
    const known = trees.get(text)
    if (known !== undefined) return known
    if (trees.size >= treesMax) trees.clear()
    trees.set(text, freeze(fields))
    return fields
  }
  const entryOf = (entry: ManagedFieldsEntry): ManagedFieldsEntry => ({
    ...entry,
    ...(entry.fieldsV1 !== undefined && { fieldsV1: interned(entry.fieldsV1) }),
  })
  return (object) => {
    const { managedFields, ...metadata } = object.metadata
    const kept = (managedFields ?? []).filter(({ manager }) => manager !== undefined && keeps(manager)).map(entryOf)
    return { ...object, metadata: kept.length === 0 ? metadata : { ...metadata, managedFields: kept } }
  }
}

/** Drops `managedFields`: for kinds that are only read. */
export const dropFields: Transform = keepFieldsOf(() => false)

/** Distinct trees remembered; each is some kilobytes. */
const treesMax = 2_000
