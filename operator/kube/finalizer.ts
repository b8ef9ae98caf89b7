/**
 * Finalizers: putting ours on an object, and taking it off once what depends on the object is dealt with. Both are merge patches of the version
 * that was looked at: a finalizer of somebody else is never lost, and an object that is gone is not made anew.
 */
import type { KubeApi } from './api.ts'
import { type KubeObject, keyOf } from './object.ts'
import type { Resource } from './resource.ts'
import { isNotFound } from './status-error.ts'

export function hasFinalizer({ metadata }: KubeObject, finalizer: string): boolean {
  return metadata.finalizers?.includes(finalizer) ?? false
}

export interface FinalizerChange {
  readonly api: KubeApi
  readonly resource: Resource
  readonly object: KubeObject
  readonly finalizer: string
  readonly manager: string
}

/** Throws `StatusError` `Conflict` when the object has changed since. */
export async function addFinalizer(change: FinalizerChange): Promise<KubeObject> {
  const { object, finalizer } = change
  if (hasFinalizer(object, finalizer)) return object
  return patchFinalizers(change, [...(object.metadata.finalizers ?? []), finalizer])
}

/** `undefined`: the object is gone. Throws `StatusError` `Conflict` when it has changed since. */
export async function removeFinalizer(change: FinalizerChange): Promise<KubeObject | undefined> {
  const { object, finalizer } = change
  if (!hasFinalizer(object, finalizer)) return object
  const left = (object.metadata.finalizers ?? []).filter((one) => one !== finalizer)
  return patchFinalizers(change, left).catch((error: unknown) => {
    if (isNotFound(error)) return undefined
    throw error
  })
}

function patchFinalizers(change: FinalizerChange, finalizers: readonly string[]): Promise<KubeObject> {
  const { api, resource, object, manager } = change
  const { uid, resourceVersion } = object.metadata
  const body = { metadata: { uid, resourceVersion, finalizers } }
  return api.patch(resource, keyOf(object), { type: 'merge', body }, { fieldManager: manager })
}
