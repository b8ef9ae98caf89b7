/**
 * Who owns which field: the `managedFields` of an object after an apply, and after any other write.
 *
 * An apply owns exactly what it says. Any other write owns what it changed, and takes it from whoever had it. Does not: touch
 * values beyond what server-side apply defines (`merge.ts`).
 */
import {
  difference,
  emptySet,
  type FieldSet,
  formatFields,
  intersection,
  isEmptySet,
  parseFieldsV1,
  paths,
  union,
  without,
} from '../../operator/kube/field-set.ts'
import type { KubeObject, ManagedFieldsEntry } from '../../operator/kube/object.ts'
import { compare, merge, prune } from './merge.ts'
import { fieldsOf, type Shape } from './shape.ts'

export interface Writer {
  readonly manager: string
  readonly subresource: string | undefined
  /** RFC 3339, seconds. */
  readonly time: string
}

export interface OwnershipConflict {
  readonly manager: string
  readonly fields: readonly string[]
}

const unowned = [
  'name',
  'namespace',
  'uid',
  'creationTimestamp',
  'resourceVersion',
  'generation',
  'managedFields',
  'selfLink',
  'generateName',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
]

/** What nobody owns: identity and what the server keeps itself. */
function ownable(set: FieldSet): FieldSet {
  const paths = [['f:apiVersion'], ['f:kind'], ...unowned.map((name) => ['f:metadata', `f:${name}`])]
  const rest = paths.reduce(without, set)
  const metadata = rest.children.get('f:metadata')
  return metadata?.member && metadata.children.size === 0 ? without(rest, ['f:metadata']) : rest
}

export interface Applied {
  readonly object: KubeObject
  readonly conflicts: readonly OwnershipConflict[]
}

/** `live` is what is there, without `applied` fields that the endpoint ignores; `force` takes fields instead of reporting conflicts. */
export function applyConfiguration(
  live: KubeObject | undefined,
  applied: KubeObject,
  options: { shape: Shape; writer: Writer; force: boolean },
): Applied {
  const { shape, writer, force } = options
  const entries = live?.metadata.managedFields ?? []
  const mine = entries.find((entry) => isOf(entry, writer, 'Apply'))
  const others = entries.filter((entry) => entry !== mine)
  const wanted = ownable(fieldsOf(applied, shape))
  const merged = live === undefined ? applied : (merge(live, applied, shape) as KubeObject)
  const { changed } = compare(live, merged, shape)
  const taken = others.map((entry) => intersection(intersection(wanted, changed), parseFieldsV1(entry.fieldsV1)))
  const conflicts = others.flatMap((entry, index) =>
    isEmptySet(taken[index]!) ? [] : [{ manager: entry.manager ?? '', fields: paths(taken[index]!) }],
  )
  if (conflicts.length > 0 && !force) return { object: merged, conflicts }
  const left = others.map((entry, index) =>
    withFields(entry, difference(parseFieldsV1(entry.fieldsV1), taken[index]!), entry.time),
  )
  const kept = [wanted, ...left.map((entry) => parseFieldsV1(entry.fieldsV1))]
  const pruned = prune(merged, parseFieldsV1(mine?.fieldsV1), kept, shape) as KubeObject
  const own = entryOf(applied, writer, { operation: 'Apply', fields: wanted, before: mine })
  return { object: withEntries(pruned, inPlace(entries, mine, { own, left })), conflicts: [] }
}

/** The object after a write that is not an apply, with its `managedFields`. */
export function recordUpdate(
  live: KubeObject | undefined,
  object: KubeObject,
  { shape, writer }: { shape: Shape; writer: Writer },
): KubeObject {
  const entries = live?.metadata.managedFields ?? []
  const { changed, removed } = compare(live, object, shape)
  const touched = ownable(changed)
  const gone = ownable(removed)
  if (isEmptySet(touched) && isEmptySet(gone)) return withEntries(object, entries)
  const mine = entries.find((entry) => isOf(entry, writer, 'Update') && entry.apiVersion === object.apiVersion)
  const lost = union(touched, gone)
  const left = entries
    .filter((entry) => entry !== mine)
    .map((entry) => withFields(entry, difference(parseFieldsV1(entry.fieldsV1), lost), entry.time))
  const fields = union(difference(parseFieldsV1(mine?.fieldsV1), gone), touched)
  const own = entryOf(object, writer, { operation: 'Update', fields, before: mine })
  return withEntries(object, inPlace(entries, mine, { own, left }))
}

/** The entry of the writer where it stood, so that a write that changes nothing changes no order; a new one last. */
function inPlace(
  before: readonly ManagedFieldsEntry[],
  mine: ManagedFieldsEntry | undefined,
  { own, left }: { own: ManagedFieldsEntry; left: readonly ManagedFieldsEntry[] },
): ManagedFieldsEntry[] {
  return mine === undefined ? [...left, own] : left.toSpliced(before.indexOf(mine), 0, own)
}

function isOf(entry: ManagedFieldsEntry, writer: Writer, operation: 'Apply' | 'Update'): boolean {
  return entry.manager === writer.manager && entry.operation === operation && entry.subresource === writer.subresource
}

function entryOf(
  object: KubeObject,
  writer: Writer,
  {
    operation,
    fields,
    before,
  }: { operation: 'Apply' | 'Update'; fields: FieldSet; before: ManagedFieldsEntry | undefined },
): ManagedFieldsEntry {
  const same = before !== undefined && JSON.stringify(before.fieldsV1) === JSON.stringify(formatFields(fields))
  return withFields(
    {
      manager: writer.manager,
      operation,
      apiVersion: object.apiVersion,
      ...(writer.subresource !== undefined && { subresource: writer.subresource }),
    },
    fields,
    same ? before.time : writer.time,
  )
}

function withFields(entry: ManagedFieldsEntry, fields: FieldSet, time: string | undefined): ManagedFieldsEntry {
  return { ...entry, ...(time !== undefined && { time }), fieldsType: 'FieldsV1', fieldsV1: formatFields(fields) }
}

function withEntries(object: KubeObject, entries: readonly ManagedFieldsEntry[]): KubeObject {
  const owned = entries.filter((entry) => parseFieldsV1(entry.fieldsV1) !== emptySet)
  return { ...object, metadata: { ...object.metadata, managedFields: owned } }
}
