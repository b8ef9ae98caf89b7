/**
 * The garbage collector of Kubernetes, one look at a time: dependents go after their owners, owners wait for dependents or let go of them, and
 * what was in a namespace goes with it.
 *
 * A controller, not part of a write: whoever runs the machinery calls it when it suits, so that a test or a simulator can put anything in
 * between. Does not: watch by itself.
 */
import { type KubeObject, keyOf } from '../../operator/kube/object.ts'
import { type Resource, resources } from '../../operator/kube/resource.ts'
import type { Machinery } from './machinery.ts'

const foreground = 'foregroundDeletion'
const orphan = 'orphan'

interface Found {
  readonly resource: Resource
  readonly object: KubeObject
}

/** Returns how many objects it changed or deleted: call again until that is none. */
export function collectGarbage(machinery: Machinery): number {
  const { storage } = machinery
  const before = storage.revision
  const all = machinery.kinds.flatMap(({ resource }) =>
    [...storage.at(resource, before)!.values()].map((object): Found => ({ resource, object })),
  )
  const uids = new Set(all.map(({ object }) => object.metadata.uid))
  const namespaces = new Set(storage.at(resources.namespaces, before)!.keys())
  for (const found of all) {
    const { namespace, deletionTimestamp, finalizers = [] } = found.object.metadata
    if (finalizers.includes(foreground)) finishForeground(machinery, found, all)
    else if (finalizers.includes(orphan)) finishOrphan(machinery, found, all)
    else if (deletionTimestamp !== undefined) continue
    else if (namespace !== undefined && !namespaces.has(namespace)) drop(machinery, found)
    else if (isOrphaned(found.object, uids)) drop(machinery, found)
  }
  return storage.revision - before
}

/** It had owners, and none of them is there any more. */
function isOrphaned({ metadata }: KubeObject, uids: ReadonlySet<string | undefined>): boolean {
  const owners = metadata.ownerReferences ?? []
  return owners.length > 0 && owners.every(({ uid }) => !uids.has(uid))
}

function dependentsOf(owner: KubeObject, all: readonly Found[]): Found[] {
  return all.filter(({ object }) => object.metadata.ownerReferences?.some(({ uid }) => uid === owner.metadata.uid))
}

function finishForeground(machinery: Machinery, owner: Found, all: readonly Found[]): void {
  const blocking = dependentsOf(owner.object, all).filter(({ object }) =>
    object.metadata.ownerReferences?.some((one) => one.uid === owner.object.metadata.uid && one.blockOwnerDeletion),
  )
  for (const dependent of blocking) {
    if (dependent.object.metadata.deletionTimestamp === undefined) drop(machinery, dependent)
  }
  if (blocking.length === 0) release(machinery, owner, foreground)
}

function finishOrphan(machinery: Machinery, owner: Found, all: readonly Found[]): void {
  for (const { resource, object } of dependentsOf(owner.object, all)) {
    const ownerReferences = object.metadata.ownerReferences?.filter(({ uid }) => uid !== owner.object.metadata.uid)
    machinery.patch(resource, keyOf(object), { type: 'merge', body: { metadata: { ownerReferences } } })
  }
  release(machinery, owner, orphan)
}

function release(machinery: Machinery, { resource, object }: Found, finalizer: string): void {
  const finalizers = object.metadata.finalizers!.filter((one) => one !== finalizer)
  machinery.patch(resource, keyOf(object), { type: 'merge', body: { metadata: { finalizers } } })
}

/** An object may have gone with another one in this look. */
function drop(machinery: Machinery, { resource, object }: Found): void {
  if (machinery.get(resource, keyOf(object))?.metadata.uid === object.metadata.uid) {
    machinery.delete(resource, keyOf(object), { uid: object.metadata.uid! })
  }
}
