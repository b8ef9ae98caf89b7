/**
 * The writes of reconcilers: applies that are not sent when they would change nothing, deletes that hit exactly the object that was looked at.
 *
 * Each write is noted in the gate for its owner. Does not: decide, retry, or check vetoes; the queue tries again, `plan/` decides.
 */
import { createHash } from 'node:crypto'
import type { DeleteOptions, KubeApi } from '../api.ts'
import { type KubeObject, keyOf, keyText } from '../object.ts'
import { type Resource, resourceName } from '../resource.ts'
import { isConflict, isNotFound } from '../status-error.ts'
import { firstDifference } from './difference.ts'
import type { WriteGate } from './gate.ts'

export interface WritesOptions {
  readonly api: KubeApi
  /** Owns the fields that are applied. */
  readonly manager: string
  readonly gate: WriteGate
  readonly observe?: (seen: { resource: string; verb: 'apply' | 'create' | 'delete'; result: WriteResult }) => void
}

/** `suppressed`: not sent. `unchanged`: sent, and the server found nothing to do. */
export type WriteResult = 'written' | 'suppressed' | 'unchanged' | 'gone' | 'changed'

export interface ApplyRequest {
  /** Key of the owner whose reconcile writes, in the form of its queue. */
  readonly owner: string
  readonly resource: Resource
  readonly desired: KubeObject
  /** As a store has it, with this manager's `managedFields`. */
  readonly live: KubeObject | undefined
  readonly subresource?: string
  /** Where fields are split between managers; the one of the writes else. */
  readonly manager?: string
}

export class Writes {
  readonly #options: WritesOptions
  /** Digest of what was applied last and the version that it led to: what the server normalises is sent once, not at each look. */
  readonly #applied = new Map<string, { digest: string; version: string | undefined }>()

  constructor(options: WritesOptions) {
    this.#options = options
  }

  /** Resolves with the object as it is now and, where something was sent, why. */
  async apply(request: ApplyRequest): Promise<{ object: KubeObject; why?: string }> {
    const { api, gate } = this.#options
    const { owner, resource, desired, live, subresource, manager = this.#options.manager } = request
    const why = firstDifference(live, desired, { manager, ...(subresource !== undefined && { subresource }) })
    if (why === undefined) {
      this.#observe(resource, 'apply', 'suppressed')
      return { object: live! }
    }
    const name = `${manager} ${resourceName(resource)} ${keyText(keyOf(desired))} ${subresource ?? ''}`
    const digest = digestOf(desired)
    const last = this.#applied.get(name)
    if (live !== undefined && last?.digest === digest && last.version === live.metadata.resourceVersion) {
      this.#observe(resource, 'apply', 'suppressed')
      return { object: live }
    }
    const options = { fieldManager: manager, force: true, ...(subresource !== undefined && { subresource }) }
    const object = await api.apply(resource, desired, options)
    const version = object.metadata.resourceVersion
    this.#applied.set(name, { digest, version })
    gate.wrote(owner, resource, object)
    this.#observe(resource, 'apply', version === live?.metadata.resourceVersion ? 'unchanged' : 'written')
    return { object, why }
  }

  /** Throws `StatusError` where it exists. */
  async create(owner: string, resource: Resource, object: KubeObject): Promise<KubeObject> {
    const { api, gate, manager } = this.#options
    const made = await api.create(resource, object, { fieldManager: manager })
    gate.wrote(owner, resource, made)
    this.#observe(resource, 'create', 'written')
    return made
  }

  /**
   * Deletes the object if it is still the one that was looked at, in every field. `changed`: it is another, or another version; look again.
   * `gone`: there is none any more.
   */
  async delete(
    owner: string,
    resource: Resource,
    live: KubeObject,
    options: Pick<DeleteOptions, 'gracePeriodSeconds' | 'propagation'> = {},
  ): Promise<'written' | 'gone' | 'changed'> {
    const { api, gate } = this.#options
    const { uid, resourceVersion } = live.metadata
    const result = await api
      .delete(resource, keyOf(live), { ...options, uid: uid!, resourceVersion: resourceVersion! })
      .then(
        () => 'written' as const,
        (error: unknown) => {
          if (isNotFound(error)) return 'gone' as const
          if (isConflict(error)) return 'changed' as const
          throw error
        },
      )
    if (result !== 'changed') gate.removed(owner, resource, live)
    this.#observe(resource, 'delete', result)
    return result
  }

  /** Drops what is remembered of an object that is gone. */
  forget(resource: Resource, object: KubeObject): void {
    const name = `${resourceName(resource)} ${keyText(keyOf(object))} `
    for (const key of this.#applied.keys()) if (key.includes(` ${name}`)) this.#applied.delete(key)
  }

  #observe(resource: Resource, verb: 'apply' | 'create' | 'delete', result: WriteResult): void {
    this.#options.observe?.({ resource: resourceName(resource), verb, result })
  }
}

function digestOf(object: KubeObject): string {
  return createHash('sha256').update(JSON.stringify(object)).digest('base64')
}
