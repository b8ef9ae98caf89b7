/** Objects of one kind as the API server has them, in the namespaces of the runner: a reflector and a store for each. */
import type { Clock, Logger, Random } from '../../dataplane/core/ports.ts'
import type { KubeApi } from '../../operator/kube/api.ts'
import { type KubeObject, keyOfText } from '../../operator/kube/object.ts'
import { Reflector } from '../../operator/kube/reflector.ts'
import { apiVersionOf, type Resource } from '../../operator/kube/resource.ts'
import { Store } from '../../operator/kube/store.ts'

export interface WatchedOptions {
  readonly api: KubeApi
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly resource: Resource
  /** `undefined`: all of them, or a kind without namespaces. */
  readonly namespaces: readonly string[] | undefined
  /** Told of each object that was added, changed or deleted. */
  readonly changed: (object: KubeObject) => void
}

export class Watched<Kind extends KubeObject> {
  readonly #parts: readonly {
    readonly namespace: string | undefined
    readonly store: Store
    readonly reflector: Reflector
  }[]

  constructor({ namespaces, changed, ...options }: WatchedOptions) {
    const { resource } = options
    this.#parts = (namespaces ?? [undefined]).map((namespace) => {
      const store = new Store()
      store.listen(({ object }) => changed(object))
      const reflector = new Reflector({
        ...options,
        store,
        selection: namespace === undefined ? {} : { namespace },
        // Items of a list carry neither; who wrote which field is of no use here, and most of the bytes.
        transform: ({ metadata: { managedFields: _, ...metadata }, ...object }) => ({
          ...object,
          metadata,
          apiVersion: apiVersionOf(resource),
          kind: resource.kind,
        }),
      })
      return { namespace, store, reflector }
    })
  }

  /** Resolves when everything was there once. */
  async synced(): Promise<void> {
    await Promise.all(this.#parts.map(({ reflector }) => reflector.synced))
  }

  /** `namespace/name`, or `name` of a kind without namespaces. */
  get(key: string): Kind | undefined {
    const { namespace, name } = keyOfText(key)
    const part = this.#parts.find((one) => one.namespace === undefined || one.namespace === namespace)
    return part?.store.get(namespace === undefined ? { name } : { namespace, name }) as Kind | undefined
  }

  all(): readonly Kind[] {
    return this.#parts.flatMap(({ store }) => [...store.values()] as Kind[])
  }

  /** Until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#parts.map(({ reflector }) => reflector.run(signal)))
  }
}
