/**
 * What a plan wants done, as values in the order in which to do it. `operator/reconcile/act.ts` carries them out
 * and stops at the first that fails: what is left is planned anew from what is then seen.
 */
import type { KubeObject, ObjectKey } from '../kube/object.ts'
import type { Resource } from '../kube/resource.ts'

export type Action = Apply | Create | Replace | Mint | Delete | SetFinalizer | Push

/** Server-side apply of the fields in `object`; nothing is sent when they are there already. */
export interface Apply {
  readonly do: 'apply'
  readonly resource: Resource
  readonly object: KubeObject
  /** Nothing after it rests on it: when it fails the rest is done all the same. */
  readonly goesOn?: true
}

/** Made unless there is one of that name: then the next look decides what it is. */
export interface Create {
  readonly do: 'create'
  readonly resource: Resource
  readonly object: KubeObject
}

/** Compare-and-swap: `object.metadata.resourceVersion` is the version that is replaced. */
export interface Replace {
  readonly do: 'replace'
  readonly resource: Resource
  readonly object: KubeObject
}

/** A Secret with a new random token under the key `token`, made unless there is one. */
export interface Mint {
  readonly do: 'mint'
  readonly object: KubeObject
}

/** Of just this object: its uid is a precondition, and its version where it decided. */
export interface Delete {
  readonly do: 'delete'
  readonly resource: Resource
  readonly key: ObjectKey
  readonly uid: string
  readonly resourceVersion?: string
  /** `RestartReplica`, …: asked once more, with evidence read then, right before it is done. Absent: destroys nothing. */
  readonly act?: string
}

/** Puts our finalizer on, or takes it off, an object that is still as it was looked at. */
export interface SetFinalizer {
  readonly do: 'finalizer'
  readonly change: 'add' | 'remove'
  readonly resource: Resource
  readonly object: KubeObject
}

/** A command to a pod of the data plane, under the leader's term. */
export interface Push {
  readonly do: 'push'
  readonly what: 'routing map' | 'access table' | 'settings'
  readonly pod: { readonly name: string; readonly uid: string; readonly address: string }
  readonly text: string
}

/** Name of what an action changes, for messages: `Pod shop-0-1`. */
export function objectOf(action: Action): string {
  if (action.do === 'push') return `Pod ${action.pod.name}`
  if (action.do === 'delete') return `${action.resource.kind} ${action.key.name}`
  return `${action.object.kind} ${action.object.metadata.name}`
}

export function remove(resource: Resource, object: KubeObject, act?: string): Delete {
  const { name, namespace, uid = '', resourceVersion } = object.metadata
  return {
    do: 'delete',
    resource,
    key: { name, ...(namespace !== undefined && { namespace }) },
    uid,
    ...(act !== undefined && { act, ...(resourceVersion !== undefined && { resourceVersion }) }),
  }
}
