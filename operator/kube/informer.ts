/**
 * Informers: for each kind that the operator looks at, one store kept by one reflector, shared by all controllers.
 *
 * A standby runs them too, so that a takeover starts from full stores. Does not: know what the objects mean.
 */
import type { Clock, Logger, Random } from '../../dataplane/core/ports.ts'
import type { KubeApi, Selection } from './api.ts'
import type { KubeObject } from './object.ts'
import { Reflector, type ReflectorEvent, type ReflectorLimits } from './reflector.ts'
import { type Resource, resourceName } from './resource.ts'
import { type Indexes, Store } from './store.ts'
import { dropFields, type Transform } from './transform.ts'

export interface InformersOptions {
  readonly api: KubeApi
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly limits?: Partial<ReflectorLimits>
  readonly observe?: (resource: string, what: ReflectorEvent) => void
}

export interface Watched {
  readonly resource: Resource
  readonly selection?: Selection
  readonly indexes?: Indexes<KubeObject>
  /** `dropFields` when absent: for kinds that are only read. */
  readonly transform?: Transform
}

export class Informers {
  readonly #options: InformersOptions
  readonly #stores = new Map<string, Store>()
  readonly #reflectors = new Map<string, Reflector>()
  readonly #synced = new Set<string>()

  constructor(options: InformersOptions) {
    this.#options = options
  }

  /** Once for each kind, before `run`. */
  watch({ resource, selection, indexes = {}, transform = dropFields }: Watched): Store {
    const { observe, ...options } = this.#options
    const name = resourceName(resource)
    const store = new Store(indexes)
    const reflector = new Reflector({
      ...options,
      resource,
      store,
      transform,
      ...(selection && { selection }),
      ...(observe && { observe: (what) => observe(name, what) }),
    })
    this.#stores.set(name, store)
    this.#reflectors.set(name, reflector)
    reflector.synced.then(() => this.#synced.add(name))
    return store
  }

  /** `undefined` for a kind that is not watched. */
  readonly storeOf = (resource: Resource): Store | undefined => this.#stores.get(resourceName(resource))

  get stores(): ReadonlyMap<string, Store> {
    return this.#stores
  }

  /** Kinds whose store has never been filled: the operator is not ready before there are none. */
  get waitingFor(): string[] {
    return [...this.#reflectors.keys()].filter((name) => !this.#synced.has(name))
  }

  /** Resolves when every store has been filled. */
  async synced(): Promise<void> {
    await Promise.all([...this.#reflectors.values()].map(({ synced }) => synced))
  }

  /** Resolves when `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.#reflectors.values()].map((reflector) => reflector.run(signal)))
  }
}
