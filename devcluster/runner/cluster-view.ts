/** All objects that the runner looks at, as the API server has them: one watch per kind, in the namespaces of the runner. */
import type { Clock, Logger, Random } from '../../dataplane/core/ports.ts'
import type { KubeApi } from '../../operator/kube/api.ts'
import type { KubeObject } from '../../operator/kube/object.ts'
import { type Resource, resources } from '../../operator/kube/resource.ts'
import type { Claim, ConfigMap, Node, PersistentVolume, Pod, Secret, Service } from './objects.ts'
import { Watched } from './watched.ts'

export interface ClusterViewOptions {
  readonly api: KubeApi
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly namespaces: readonly string[] | undefined
  readonly changed: (resource: Resource, object: KubeObject) => void
}

export class ClusterView {
  readonly pods: Watched<Pod>
  readonly services: Watched<Service>
  readonly configMaps: Watched<ConfigMap>
  readonly secrets: Watched<Secret>
  readonly claims: Watched<Claim>
  readonly volumes: Watched<PersistentVolume>
  readonly nodes: Watched<Node>

  constructor(options: ClusterViewOptions) {
    const { namespaces, changed, ...others } = options
    const watched = <Kind extends KubeObject>(resource: Resource) =>
      new Watched<Kind>({
        ...others,
        resource,
        namespaces: resource.namespaced ? namespaces : undefined,
        changed: (object) => changed(resource, object),
      })
    this.pods = watched<Pod>(resources.pods)
    this.services = watched<Service>(resources.services)
    this.configMaps = watched<ConfigMap>(resources.configMaps)
    this.secrets = watched<Secret>(resources.secrets)
    this.claims = watched<Claim>(resources.persistentVolumeClaims)
    this.volumes = watched<PersistentVolume>(resources.persistentVolumes)
    this.nodes = watched<Node>(resources.nodes)
  }

  /** Resolves when everything was there once. */
  async synced(): Promise<void> {
    await Promise.all(this.#all.map((watched) => watched.synced()))
  }

  /** Until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#all.map((watched) => watched.run(signal)))
  }

  get #all(): readonly Watched<KubeObject>[] {
    return [this.pods, this.services, this.configMaps, this.secrets, this.claims, this.volumes, this.nodes]
  }
}
