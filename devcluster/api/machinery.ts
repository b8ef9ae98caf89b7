/**
 * The verbs of an API server on one `Storage`: identity, generation, status subresource, preconditions, finalizers, ownership of fields.
 *
 * Synchronous and deterministic for a given clock and entropy. A write that changes nothing stores nothing and keeps the revision.
 * Does not: authenticate, admit beyond a kind's own `admit`, or run controllers.
 */
import type { Clock, Random } from '../../dataplane/core/ports.ts'
import { randomHex } from '../../dataplane/core/random-hex.ts'
import type { ApplyOptions, DeleteOptions, Patch, WriteOptions } from '../../operator/kube/api.ts'
import { type KubeObject, keyOf, type ObjectKey } from '../../operator/kube/object.ts'
import { type Resource, resourceName, resources } from '../../operator/kube/resource.ts'
import { secondsTime } from '../../operator/kube/time.ts'
import { builtInKinds, type ServedKind } from './built-in.ts'
import { kindsOf } from './custom.ts'
import { jsonPatch, mergePatch } from './json-patch.ts'
import { equalJson } from './merge.ts'
import { applyConfiguration, recordUpdate, type Writer } from './ownership.ts'
import { bindPod, deletionOf } from './pods.ts'
import { type Asked, refusal } from './refusal.ts'
import { Storage } from './storage.ts'

export interface MachineryOptions {
  readonly clock: Clock
  readonly random: Random
  readonly storage?: Storage
  /** Served beside the built-in ones and those whose CustomResourceDefinition is created. */
  readonly kinds?: readonly ServedKind[]
}

export class Machinery {
  readonly storage: Storage
  readonly #clock: Clock
  readonly #random: Random
  readonly #kinds = new Map<string, ServedKind>()

  constructor({ clock, random, storage, kinds = [] }: MachineryOptions) {
    this.#clock = clock
    this.#random = random
    this.storage = storage ?? new Storage()
    for (const kind of [...builtInKinds, ...kinds]) this.serve(kind)
    for (const name of ['default', 'kube-system']) {
      this.create(resources.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
    }
  }

  serve(kind: ServedKind): void {
    this.#kinds.set(resourceName(kind.resource), kind)
  }

  get kinds(): readonly ServedKind[] {
    return [...this.#kinds.values()]
  }

  kind(resource: Resource, verb = 'GET'): ServedKind {
    return this.#kinds.get(resourceName(resource)) ?? refusal.noResource({ verb, resource })
  }

  get(resource: Resource, key: ObjectKey): KubeObject | undefined {
    this.kind(resource)
    return this.storage.get(resource, key)
  }

  create(resource: Resource, object: KubeObject, options: WriteOptions = {}): KubeObject {
    const kind = this.kind(resource, 'POST')
    const key = keyOf(object)
    const asked: Asked = { verb: 'POST', resource, key }
    if (options.subresource === 'binding') return this.#bind(resource, object)
    if (options.subresource === 'eviction') {
      this.delete(resource, key)
      return object
    }
    if (options.subresource !== undefined) return refusal.noResource(asked)
    const named = this.#named(object, asked)
    if (this.storage.get(resource, keyOf(named)) !== undefined) return refusal.exists(asked)
    const writer = this.#writer(options)
    const fresh = this.#fresh(kind, named, { ...asked, key: keyOf(named) })
    return this.#store(kind, recordUpdate(undefined, fresh, { shape: kind.shape, writer }))
  }

  replace(resource: Resource, object: KubeObject, options: WriteOptions = {}): KubeObject {
    const kind = this.kind(resource, 'PUT')
    const key = keyOf(object)
    const asked: Asked = { verb: 'PUT', resource, key }
    const live = this.storage.get(resource, key) ?? refusal.notFound(asked)
    if (kind.versionRequired && !object.metadata.resourceVersion) {
      return refusal.invalid(asked, 'metadata.resourceVersion', 'Invalid value: 0x0: must be specified for an update')
    }
    return this.#update(kind, live, object, { asked, options })
  }

  patch(resource: Resource, key: ObjectKey, patch: Patch, options: WriteOptions = {}): KubeObject {
    const kind = this.kind(resource, 'PATCH')
    const asked: Asked = { verb: 'PATCH', resource, key }
    const live = this.storage.get(resource, key) ?? refusal.notFound(asked)
    try {
      const changed = patch.type === 'json' ? jsonPatch(live, patch.body) : mergePatch(live, patch.body)
      return this.#update(kind, live, changed as KubeObject, { asked, options })
    } catch (error) {
      if (error instanceof SyntaxError) return refusal.invalid(asked, 'patch', error.message)
      throw error
    }
  }

  apply(resource: Resource, object: KubeObject, options: ApplyOptions): KubeObject {
    const kind = this.kind(resource, 'PATCH')
    const key = keyOf(object)
    const asked: Asked = { verb: 'PATCH', resource, key }
    if (object.metadata.managedFields !== undefined) {
      return refusal.malformed(asked, 'metadata.managedFields must be nil')
    }
    const live = this.storage.get(resource, key)
    if (live === undefined && options.subresource !== undefined) return refusal.notFound(asked)
    if (live === undefined && object.metadata.uid) {
      return refusal.precondition(asked, 'UID', { got: '', want: object.metadata.uid })
    }
    if (live !== undefined) this.#checkIdentity(live, object, asked)
    const configuration = this.#reachable(kind, object, options.subresource)
    const { object: applied, conflicts } = applyConfiguration(live, configuration, {
      shape: kind.shape,
      writer: this.#writer({ ...options, fieldManager: options.fieldManager }),
      force: options.force ?? false,
    })
    if (conflicts.length > 0) {
      const causes = conflicts.flatMap(({ manager, fields }) =>
        fields.map((field) => ({ reason: 'FieldManagerConflict', message: `conflict with "${manager}"`, field })),
      )
      return refusal.owned(asked, causes)
    }
    if (live === undefined) return this.#store(kind, this.#fresh(kind, applied, asked))
    return this.#replaceWith(kind, live, { object: applied, asked, subresource: options.subresource })
  }

  /** `undefined` once it is gone, else the object that waits for its finalizers or its grace period. */
  delete(resource: Resource, key: ObjectKey, options: DeleteOptions = {}): KubeObject | undefined {
    const kind = this.kind(resource, 'DELETE')
    const asked: Asked = { verb: 'DELETE', resource, key }
    const live = this.storage.get(resource, key) ?? refusal.notFound(asked)
    const { uid, resourceVersion } = live.metadata
    if (options.uid !== undefined && options.uid !== uid) {
      return refusal.precondition(asked, 'UID', { got: uid ?? '', want: options.uid })
    }
    if (options.resourceVersion !== undefined && options.resourceVersion !== resourceVersion) {
      return refusal.precondition(asked, 'ResourceVersion', {
        got: resourceVersion ?? '',
        want: options.resourceVersion,
      })
    }
    const marked = deletionOf(resource, live, options, this.#clock.now())
    if (marked === undefined) {
      this.storage.remove(resource, key)
      return undefined
    }
    return equalJson(marked, live) ? live : this.#store(kind, marked)
  }

  #bind(resource: Resource, binding: KubeObject): KubeObject {
    const asked: Asked = { verb: 'POST', resource, key: keyOf(binding) }
    const kind = this.kind(resource)
    const live = this.storage.get(resource, keyOf(binding)) ?? refusal.notFound(asked)
    const bound = bindPod(live, binding, this.#time())
    if (bound === undefined) return refusal.stale(asked)
    this.#store(kind, bound)
    return binding
  }

  /** A write that is not an apply: `object` is what the writer wants to see. */
  #update(
    kind: ServedKind,
    live: KubeObject,
    object: KubeObject,
    { asked, options }: { asked: Asked; options: WriteOptions },
  ): KubeObject {
    this.#checkIdentity(live, object, asked)
    const wanted = this.#reachable(kind, object, options.subresource, live)
    const changed = recordUpdate(live, wanted, { shape: kind.shape, writer: this.#writer(options) })
    return this.#replaceWith(kind, live, { object: changed, asked, subresource: options.subresource })
  }

  #replaceWith(
    kind: ServedKind,
    live: KubeObject,
    { object, asked, subresource }: { object: KubeObject; asked: Asked; subresource: string | undefined },
  ): KubeObject {
    const { uid, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds, generation } = live.metadata
    const kept = { uid, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds, generation }
    const admitted = kind.admit?.(object, live) ?? object
    const next = {
      ...admitted,
      metadata: {
        ...(admitted.metadata as KubeObject['metadata']),
        ...kept,
        resourceVersion: live.metadata.resourceVersion,
      },
    } as KubeObject
    if (equalJson(next, live)) return live
    if (deletionTimestamp !== undefined && (next.metadata.finalizers ?? []).length === 0 && !waits(kind, live)) {
      return this.storage.remove(asked.resource, keyOf(live))!
    }
    const specChanged = kind.generation && subresource === undefined && !equalJson(specOf(live), specOf(next))
    if (!specChanged) return this.#store(kind, next)
    return this.#store(kind, { ...next, metadata: { ...next.metadata, generation: (generation ?? 0) + 1 } })
  }

  #checkIdentity(live: KubeObject, object: KubeObject, asked: Asked): void {
    const { uid, resourceVersion } = object.metadata
    if (uid && uid !== live.metadata.uid)
      refusal.precondition(asked, 'UID', { got: live.metadata.uid ?? '', want: uid })
    if (resourceVersion && resourceVersion !== live.metadata.resourceVersion) refusal.stale(asked)
  }

  /** The part of an object that this endpoint may write, over what is there. */
  #reachable(kind: ServedKind, object: KubeObject, subresource: string | undefined, live?: KubeObject): KubeObject {
    if (subresource === undefined) {
      if (!kind.status) return object
      const { status: _, ...rest } = object
      return { ...rest, ...(live?.status !== undefined && { status: live.status }) } as KubeObject
    }
    if (subresource !== 'status' || !kind.status) {
      return refusal.noResource({ verb: 'PATCH', resource: kind.resource, key: keyOf(object) })
    }
    const { apiVersion, metadata, status } = object
    if (live !== undefined) return { ...live, ...(status !== undefined && { status }) }
    const { name, namespace } = metadata
    return { apiVersion, kind: object.kind, metadata: { name, ...(namespace && { namespace }) }, status }
  }

  #named(object: KubeObject, asked: Asked): KubeObject {
    const { name, generateName, namespace } = object.metadata
    if (asked.resource.namespaced) {
      const found = this.storage.get(resources.namespaces, { name: namespace ?? '' })
      if (found === undefined) return refusal.noNamespace(asked, namespace ?? '')
      if (found.metadata.deletionTimestamp !== undefined) return refusal.terminating(asked, namespace!)
    }
    if (name) return object
    if (!generateName)
      return refusal.invalid(asked, 'metadata.name', 'Required value: name or generateName is required')
    const suffix = randomHex(this.#random, 4).slice(0, 5)
    return { ...object, metadata: { ...object.metadata, name: `${generateName}${suffix}` } }
  }

  #fresh(kind: ServedKind, object: KubeObject, asked: Asked): KubeObject {
    if (object.metadata.resourceVersion) {
      return refusal.malformed(asked, 'resourceVersion should not be set on objects to be created')
    }
    this.#named(object, asked)
    const reachable = this.#reachable(kind, object, undefined)
    const admitted = kind.admit?.(reachable, undefined) ?? reachable
    const { deletionTimestamp: _, ...metadata } = admitted.metadata as KubeObject['metadata']
    return {
      ...admitted,
      metadata: {
        ...metadata,
        uid: this.#uid(),
        creationTimestamp: this.#time(),
        ...(kind.generation && { generation: 1 }),
      },
    } as KubeObject
  }

  #store(kind: ServedKind, object: KubeObject): KubeObject {
    const stored = this.storage.put(kind.resource, object)
    if (kind.resource.kind === 'CustomResourceDefinition') for (const custom of kindsOf(stored)) this.serve(custom)
    return stored
  }

  #writer({ fieldManager, subresource }: WriteOptions): Writer {
    return { manager: fieldManager ?? 'unknown', subresource, time: this.#time() }
  }

  #time(): string {
    return secondsTime(this.#clock.now())
  }

  #uid(): string {
    const hex = randomHex(this.#random, 16)
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`
  }
}

/** A pod that runs goes only by a delete of its kubelet with no grace. */
function waits(kind: ServedKind, live: KubeObject): boolean {
  return kind.resource.kind === 'Pod' && (live.metadata.deletionGracePeriodSeconds ?? 0) > 0
}

function specOf({ apiVersion: _, kind: __, metadata: ___, status: ____, ...rest }: KubeObject): unknown {
  return rest
}
