/**
 * Objects of one kind as the API server has them, in the namespaces of the runner: listed, then watched, for ever.
 */
import type { Clock, Logger } from '../../dataplane/core/ports.ts'
import type { KubeApi } from '../../operator/kube/api.ts'
import { freeze, type KubeObject, keyOf, keyText } from '../../operator/kube/object.ts'
import { apiVersionOf, type Resource, resourceName } from '../../operator/kube/resource.ts'

export interface WatchedOptions {
  readonly api: KubeApi
  readonly clock: Clock
  readonly logger: Logger
  readonly resource: Resource
  /** `undefined`: all of them, or a kind without namespaces. */
  readonly namespaces: readonly string[] | undefined
  readonly signal: AbortSignal
  readonly changed: (object: KubeObject) => void
}

const retryMs = 500

export class Watched<Kind extends KubeObject> {
  readonly #options: WatchedOptions
  readonly #objects = new Map<string, Kind>()
  #synced = 0

  constructor(options: WatchedOptions) {
    this.#options = options
  }

  get isSynced(): boolean {
    return this.#synced >= (this.#options.namespaces?.length ?? 1)
  }

  get(key: string): Kind | undefined {
    return this.#objects.get(key)
  }

  all(): readonly Kind[] {
    return [...this.#objects.values()]
  }

  /** Runs until `signal` aborts. */
  async run(): Promise<void> {
    const scopes = this.#options.namespaces ?? [undefined]
    await Promise.all(scopes.map((namespace) => this.#follow(namespace)))
  }

  /** A newer object that a write of our own returned. */
  put(object: KubeObject): void {
    const key = keyText(keyOf(object))
    const before = this.#objects.get(key)
    if (before?.metadata.resourceVersion === object.metadata.resourceVersion) return
    // Items of a list carry neither.
    const { resource } = this.#options
    this.#objects.set(key, freeze({ ...object, apiVersion: apiVersionOf(resource), kind: resource.kind }) as Kind)
    this.#options.changed(this.#objects.get(key)!)
  }

  async #follow(namespace: string | undefined): Promise<void> {
    const { api, resource, signal, logger, clock } = this.#options
    const selection = namespace === undefined ? {} : { namespace }
    for (let first = true; !signal.aborted; ) {
      try {
        let { items, resourceVersion } = await api.list(resource, selection)
        const there = new Set(items.map((item) => keyText(keyOf(item))))
        for (const item of items) this.put(item)
        for (const object of this.all())
          if (
            (namespace === undefined || object.metadata.namespace === namespace) &&
            !there.has(keyText(keyOf(object)))
          )
            this.#drop(object)
        if (first) this.#synced++
        first = false
        for await (const event of api.watch(resource, { ...selection, resourceVersion }, signal)) {
          if (event.type === 'BOOKMARK') resourceVersion = event.resourceVersion
          else if (event.type === 'DELETED') this.#drop(event.object)
          else this.put(event.object)
        }
      } catch (error) {
        if (signal.aborted) return
        logger.warn('watch broke off', { resource: resourceName(resource), error })
        await clock.sleep(retryMs, signal).catch(() => undefined)
      }
    }
  }

  #drop(object: KubeObject): void {
    const key = keyText(keyOf(object))
    const known = this.#objects.get(key)
    if (known === undefined || known.metadata.uid !== object.metadata.uid) return
    this.#objects.delete(key)
    this.#options.changed(known)
  }
}
