/** Owner references: who controls an object, so that it goes with its owner and its changes wake the owner's reconcile. Pure. */
import type { KubeObject, OwnerReference } from './object.ts'

/** For `metadata.ownerReferences` of a child in the same namespace. The owner must come from the server: it has a uid. */
export function controlledBy({ apiVersion, kind, metadata: { name, uid } }: KubeObject): OwnerReference {
  return { apiVersion, kind, name, uid: uid!, controller: true, blockOwnerDeletion: true }
}

export function controllerOf({ metadata }: KubeObject): OwnerReference | undefined {
  return metadata.ownerReferences?.find(({ controller }) => controller === true)
}

/** True only for the very owner, not for a namesake that came later. */
export function isControlledBy(object: KubeObject, owner: KubeObject): boolean {
  return controllerOf(object)?.uid === owner.metadata.uid
}

/** An index of a store: children by the uid of their controller. */
export function byController(object: KubeObject): readonly string[] {
  const controller = controllerOf(object)
  return controller === undefined ? [] : [controller.uid]
}
