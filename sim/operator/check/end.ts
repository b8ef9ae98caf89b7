/**
 * What there has to be once the faults are over: everything that is wanted and nothing else, said by the status and true of
 * the pods. Each answers with what is missing, so that waiting can go on; `undefined`: it has come true.
 */
import type { Condition } from '../../../crds/fields/condition.ts'
import type { EventCluster, Project } from '../../../operator/kube/kinds.ts'
import type { KubeObject } from '../../../operator/kube/object.ts'
import { type Resource, resources } from '../../../operator/kube/resource.ts'
import { labelNames } from '../../../operator/render/names.ts'
import { mapOf } from '../cluster/plane.ts'
import type { People } from '../people.ts'
import { operatorImage } from '../process.ts'
import { namespace, type OperatorWorld } from '../world.ts'

export interface Ending {
  /** A volume of log or store went for good. */
  readonly isDataLost: boolean
  /** There was a map, and so data. */
  readonly hadData: boolean
}

export class End {
  readonly #world: OperatorWorld
  readonly #people: People

  constructor(world: OperatorWorld, people: People) {
    this.#world = world
    this.#people = people
  }

  missing({ isDataLost, hadData }: Ending): string | undefined {
    const { outcome } = this.#people
    if (outcome === 'destroyed') return this.#nothing() ?? this.#strangers()
    if (outcome === 'retained') return isDataLost ? undefined : (this.#retained(hadData) ?? this.#strangers())
    return isDataLost ? this.#lost() : (this.#serving() ?? this.#inventory() ?? this.#strangers())
  }

  #serving(): string | undefined {
    const { cluster: name, spec } = this.#people
    const cluster = this.#get(resources.eventClusters, name) as EventCluster | undefined
    if (cluster?.status === undefined) return `EventCluster ${name} has no status`
    const { status, metadata } = cluster
    if (status.observedGeneration !== metadata.generation) return 'the newest spec was not observed'
    if (status.phase !== 'Ready') return `phase is ${status.phase}: ${textOf(status.conditions, 'Stalled')}`
    if (status.versions?.image !== (spec.image ?? operatorImage)) return `image is ${status.versions?.image}`
    const wrong = wrongCondition(status.conditions, {
      Ready: 'True',
      Stalled: 'False',
      Reconciling: 'False',
      Updated: 'True',
    })
    return wrong ?? this.#summary(cluster) ?? this.#projects() ?? this.#pods(status.routing?.routingEpoch ?? 0)
  }

  #summary({ status }: EventCluster): string | undefined {
    const { spec } = this.#people
    const { shards, replicas, ingest, query } = status!.summary!
    const [s, r] = [spec.sharding.count, spec.sharding.count * spec.shard.replicas]
    const [i, q] = [spec.ingest?.replicas ?? 1, spec.query?.replicas ?? 1]
    const want = `${s}/${s} ${r}/${r} ${i}/${i} ${q}/${q}`
    const got = [shards, replicas, ingest, query].join(' ')
    return got === want ? undefined : `summary is ${got}, want ${want}`
  }

  #projects(): string | undefined {
    for (const [name, { tokens }] of this.#people.projects) {
      const project = this.#get(resources.projects, name) as Project | undefined
      const wrong = wrongCondition(project?.status?.conditions, { Ready: 'True', Stalled: 'False' })
      if (wrong !== undefined) return `Project ${name}: ${wrong}`
      if (project?.status?.summary?.tokens !== `${tokens.length}/${tokens.length}`) return `Project ${name}: tokens`
    }
    return undefined
  }

  /** True of the pods themselves, not only of what is said of them. */
  #pods(epoch: number): string | undefined {
    const wanted = this.#people.spec.image ?? operatorImage
    for (const { pod, role, state, map } of this.#world.plane.processes.values()) {
      if (state !== 'serving') return `pod ${pod} is ${state}`
      if ((role === 'query' || role === 'replica') && mapOf({ map }).routingEpoch !== epoch)
        return `pod ${pod} has an old map`
      const spec = this.#get(resources.pods, pod)?.spec as { containers: { image: string }[] } | undefined
      if (spec?.containers[0]?.image !== wanted) return `pod ${pod} runs ${spec?.containers[0]?.image}, want ${wanted}`
    }
    return undefined
  }

  #inventory(): string | undefined {
    const { cluster, spec } = this.#people
    const ids = Array.from({ length: spec.sharding.count }, (_, id) => id)
    const replicas = ids.flatMap((id) =>
      Array.from({ length: spec.shard.replicas }, (_, ordinal) => `${cluster}-${id}-${ordinal}`),
    )
    const role = (name: string, count: number) => Array.from({ length: count }, () => `${cluster}-${name}-*`)
    const roles = [...role('ingest', spec.ingest?.replicas ?? 1), ...role('query', spec.query?.replicas ?? 1)]
    return (
      this.#differs(
        resources.shards,
        ids.map((id) => `${cluster}-${id}`),
      ) ??
      this.#differs(resources.pods, [`${cluster}-log`, ...replicas, ...roles]) ??
      this.#differs(resources.persistentVolumeClaims, [...this.#dataClaims(), ...replicas]) ??
      this.#differs(resources.configMaps, [`${cluster}-routing`]) ??
      this.#differs(resources.deployments, [`${cluster}-ingest`, `${cluster}-query`])
    )
  }

  #retained(hadData: boolean): string | undefined {
    return (
      this.#differs(resources.eventClusters, []) ??
      this.#differs(resources.shards, []) ??
      this.#differs(resources.pods, []) ??
      this.#differs(resources.deployments, []) ??
      (hadData ? this.#differs(resources.persistentVolumeClaims, this.#dataClaims()) : undefined) ??
      (this.#all(resources.configMaps).length > 1 ? 'more than one routing map is left' : undefined)
    )
  }

  #nothing(): string | undefined {
    const kinds = [
      resources.eventClusters,
      resources.shards,
      resources.pods,
      resources.deployments,
      resources.configMaps,
    ]
    for (const resource of [...kinds, resources.persistentVolumeClaims, resources.secrets]) {
      const wrong = this.#differs(resource, [])
      if (wrong !== undefined) return wrong
    }
    return undefined
  }

  /** The data is gone: people are told, and nothing takes its place. */
  #lost(): string | undefined {
    const cluster = this.#get(resources.eventClusters, this.#people.cluster) as EventCluster | undefined
    const stalled = cluster?.status?.conditions?.find(({ type }) => type === 'Stalled')
    const isTold = stalled?.status === 'True' && /VolumeLost|DataOwnedElsewhere/.test(stalled.reason)
    return isTold
      ? undefined
      : `Stalled is ${stalled?.status} ${stalled?.reason}, want it to say that the volume is lost`
  }

  /** Nothing of a cluster that is not there, but what outlives it. */
  #strangers(): string | undefined {
    for (const { resource } of this.#world.machinery.kinds) {
      if (!resource.namespaced || resource.kind === 'Event') continue
      for (const { metadata, kind } of this.#all(resource)) {
        const {
          [labelNames.cluster]: of,
          [labelNames.data]: data,
          [labelNames.project]: project,
        } = metadata.labels ?? {}
        if (of === undefined || data !== undefined || project !== undefined) continue
        if (this.#get(resources.eventClusters, of) === undefined) return `${kind} ${metadata.name} is left of ${of}`
      }
    }
    return undefined
  }

  /** Two, whatever they are called: an adopting cluster keeps the names. */
  #dataClaims(): string[] {
    const claims = this.#all(resources.persistentVolumeClaims).filter((one) => one.metadata.labels?.[labelNames.data])
    const names = claims.map(({ metadata }) => metadata.name)
    return names.length === 2 ? names : ['(log)', '(store)']
  }

  #differs(resource: Resource, want: readonly string[]): string | undefined {
    const got = this.#all(resource)
      .filter(isNotEvicted)
      .map(({ metadata }) => anonymous(metadata.name, this.#people.cluster))
    const [a, b] = [got, want].map((names) => [...names].sort().join(' '))
    return a === b ? undefined : `${resource.plural}: got ${a}, want ${b}`
  }

  #get(resource: Resource, name: string): KubeObject | undefined {
    return this.#world.machinery.get(resource, { namespace, name })
  }

  #all(resource: Resource): KubeObject[] {
    const { storage } = this.#world.machinery
    const all = [...(storage.at(resource, storage.revision) ?? new Map<string, KubeObject>()).values()]
    return all.filter(({ metadata }) => metadata.namespace === namespace)
  }
}

/** An evicted pod of a Deployment stays listed until Kubernetes has too many of them. */
function isNotEvicted({ metadata, status }: KubeObject): boolean {
  const isOfDeployment = metadata.ownerReferences?.[0]?.kind === 'Deployment'
  return !isOfDeployment || (status as { phase?: string } | undefined)?.phase !== 'Failed'
}

/** Pods of Deployments are called after chance. */
function anonymous(name: string, cluster: string): string {
  return name.replace(new RegExp(`^(${cluster}-(?:ingest|query))-\\d+$`), '$1-*')
}

function wrongCondition(
  conditions: readonly Condition[] | undefined,
  want: Readonly<Record<string, string>>,
): string | undefined {
  for (const [type, status] of Object.entries(want)) {
    const found = conditions?.find((one) => one.type === type)
    if (found?.status !== status)
      return `${type} is ${found?.status} (${found?.reason}: ${found?.message}), want ${status}`
  }
  return undefined
}

function textOf(conditions: readonly Condition[] | undefined, type: string): string {
  const found = conditions?.find((one) => one.type === type)
  return `${type} ${found?.status} ${found?.reason}: ${found?.message}`
}
