/**
 * How reconcilers read: from the copies that watches keep, or, before something is destroyed, from the server.
 */
import type { KubeApi } from '../kube/api.ts'
import type { KubeObject, ObjectKey } from '../kube/object.ts'
import type { Resource } from '../kube/resource.ts'
import type { Store } from '../kube/store.ts'
import { labelNames } from '../render/names.ts'

export interface Selection {
  readonly namespace: string
  /** All of these. */
  readonly labels?: Readonly<Record<string, string>>
}

export interface Reader {
  get(resource: Resource, key: ObjectKey): Promise<KubeObject | undefined>
  list(resource: Resource, selection: Selection): Promise<readonly KubeObject[]>
}

const pageSize = 500

/** Every read is a request. */
export class LiveReader implements Reader {
  readonly #api: KubeApi

  constructor(api: KubeApi) {
    this.#api = api
  }

  get(resource: Resource, key: ObjectKey): Promise<KubeObject | undefined> {
    return this.#api.get(resource, key)
  }

  async list(resource: Resource, { namespace, labels = {} }: Selection): Promise<readonly KubeObject[]> {
    const labelSelector = Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(',')
    const objects: KubeObject[] = []
    let next: string | undefined
    do {
      const page = await this.#api.list(resource, {
        ...{ namespace, limit: pageSize },
        ...(labelSelector !== '' && { labelSelector }),
        ...(next !== undefined && { continue: next }),
      })
      objects.push(...page.items)
      next = page.continue
    } while (next !== undefined)
    return objects
  }
}

/** Names of the indexes that stores must have. */
export const namespaceIndex = 'namespace'
export const clusterIndex = 'cluster'
export const dataIndex = 'data'

/** From the stores; what is not watched, or not among what is watched, is asked of the server. */
export class CachedReader implements Reader {
  readonly #storeOf: (resource: Resource) => Store | undefined
  readonly #live: LiveReader

  constructor(storeOf: (resource: Resource) => Store | undefined, api: KubeApi) {
    this.#storeOf = storeOf
    this.#live = new LiveReader(api)
  }

  async get(resource: Resource, key: ObjectKey): Promise<KubeObject | undefined> {
    return this.#storeOf(resource)?.get(key) ?? (await this.#live.get(resource, key))
  }

  async list(resource: Resource, selection: Selection): Promise<readonly KubeObject[]> {
    const store = this.#storeOf(resource)
    if (store === undefined) return this.#live.list(resource, selection)
    const { namespace, labels = {} } = selection
    const [data, cluster] = [labels[labelNames.data], labels[labelNames.cluster]]
    const found =
      data !== undefined
        ? store.byIndex(dataIndex, `${namespace}/${data}`)
        : cluster !== undefined
          ? store.byIndex(clusterIndex, `${namespace}/${cluster}`)
          : store.byIndex(namespaceIndex, namespace)
    return found.filter(({ metadata }) =>
      Object.entries(labels).every(([name, value]) => metadata.labels?.[name] === value),
    )
  }
}
