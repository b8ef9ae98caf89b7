/** Owner references: who controls an object, so that it goes with its owner. Pure. */
import type { KubeObject, OwnerReference } from './object.ts'

/** For `metadata.ownerReferences` of a child in the same namespace. The owner must come from the server: it has a uid. */
export function controlledBy({ apiVersion, kind, metadata: { name, uid } }: KubeObject): OwnerReference {
  return { apiVersion, kind, name, uid: uid!, controller: true, blockOwnerDeletion: true }
}
