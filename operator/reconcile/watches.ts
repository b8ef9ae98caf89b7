/**
 * What the operator watches, and whose reconcile each change wakes.
 *
 * Objects of its own making are watched by their label only; Secrets and claims of others cost no memory, and are
 * read when somebody names them. Does not: reconcile.
 */
import { enqueueFrom } from '../kube/controller.ts'
import type { Informers } from '../kube/informer.ts'
import type { Project, Shard } from '../kube/kinds.ts'
import { type KubeObject, keyOf, keyText } from '../kube/object.ts'
import type { WorkQueue } from '../kube/queue/queue.ts'
import { type Resource, resources } from '../kube/resource.ts'
import type { Store, StoreChange } from '../kube/store.ts'
import { keepFieldsOf } from '../kube/transform.ts'
import { labelNames, managedBy, shardName } from '../render/names.ts'
import { clusterIndex, dataIndex, namespaceIndex } from './reader.ts'

export interface Queues {
  readonly clusters: WorkQueue
  readonly shards: WorkQueue
  readonly projects: WorkQueue
  readonly policies: WorkQueue
}

const kinds = [resources.eventClusters, resources.shards, resources.projects, resources.compactionPolicies]
const children = [
  resources.pods,
  resources.persistentVolumeClaims,
  resources.configMaps,
  resources.secrets,
  resources.services,
  resources.serviceAccounts,
  resources.deployments,
  resources.controllerRevisions,
  resources.networkPolicies,
  resources.podDisruptionBudgets,
]

const indexes = {
  [namespaceIndex]: ({ metadata }: KubeObject) => [metadata.namespace ?? ''],
  [clusterIndex]: ({ metadata }: KubeObject) => {
    const cluster = metadata.labels?.[labelNames.cluster]
    return cluster === undefined ? [] : [`${metadata.namespace}/${cluster}`]
  },
  [dataIndex]: ({ metadata }: KubeObject) => {
    const data = metadata.labels?.[labelNames.data]
    return data === undefined ? [] : [`${metadata.namespace}/${data}`]
  },
}

/** `namespace`: of this one only. `manager`: whose fields are kept, to know what an apply would change. */
export function watchAll(informers: Informers, { namespace, manager }: { namespace?: string; manager: string }): void {
  const within = namespace === undefined ? {} : { namespace }
  const transform = keepFieldsOf((name) => name === manager)
  for (const resource of kinds) informers.watch({ resource, selection: within, indexes, transform })
  const selection = { ...within, labelSelector: `${Object.keys(managedBy)[0]}=${Object.values(managedBy)[0]}` }
  for (const resource of children) informers.watch({ resource, selection, indexes, transform })
}

/** Each change wakes whoever decides by it. Before the informers run. */
export function wakeAll(informers: Informers, queues: Queues): void {
  const stores = new Stores(informers.storeOf)
  const wake = (resource: Resource, queue: WorkQueue, keysOf: KeysOf, matters: Matters = always) => {
    const store = informers.storeOf(resource)
    if (store === undefined) return
    enqueueFrom(store, queue, (change) => (matters(change) ? keysOfChange(change, keysOf) : []))
  }
  wakeItself(wake, queues)
  const { clusters, shards, projects, policies } = queues
  const at = (object: KubeObject) => keyText(keyOf(object))
  wake(resources.eventClusters, shards, (cluster) => stores.shardsOf(at(cluster)), wish)
  wake(resources.eventClusters, projects, (cluster) => stores.projectsOf(at(cluster)), wish)
  // Its data may be what another one waits for.
  wake(resources.eventClusters, clusters, (cluster) => stores.in(resources.eventClusters, cluster), end)
  wake(resources.shards, clusters, (shard) => [clusterOf(shard as Shard)])
  wake(resources.projects, clusters, (project) => [clusterOf(project as Project)], wish)
  wake(resources.projects, projects, (project) => stores.projectsOf(clusterOf(project as Project)), wish)
  for (const resource of kinds) {
    wake(resource, policies, (object) => stores.in(resources.compactionPolicies, object), wish)
  }
  wake(resources.compactionPolicies, shards, (policy) => stores.in(resources.shards, policy), wish)
  wake(resources.compactionPolicies, projects, (policy) => stores.in(resources.projects, policy), wish)
  for (const resource of children) {
    wake(resource, clusters, labelledCluster)
    wake(resource, shards, (child) => stores.shardsByChild(resource, child))
    const tells = resource === resources.secrets || resource === resources.pods
    if (tells) wake(resource, projects, (child) => labelledCluster(child).flatMap((key) => stores.projectsOf(key)))
  }
}

function wakeItself(wake: (resource: Resource, queue: WorkQueue, keysOf: KeysOf) => void, queues: Queues): void {
  const own = (object: KubeObject) => [keyText(keyOf(object))]
  wake(resources.eventClusters, queues.clusters, own)
  wake(resources.shards, queues.shards, own)
  wake(resources.projects, queues.projects, own)
  wake(resources.compactionPolicies, queues.policies, own)
}

type KeysOf = (object: KubeObject) => readonly string[]
type Matters = (change: StoreChange) => boolean

const always: Matters = () => true
const end: Matters = ({ type }) => type === 'deleted'

/** What somebody wants has changed, not how far it is: a status that moves wakes nobody else. */
const wish: Matters = (change) => {
  if (change.type !== 'updated') return true
  const [now, before] = [change.object.metadata, change.before.metadata]
  return (
    now.generation !== before.generation ||
    now.deletionTimestamp !== before.deletionTimestamp ||
    JSON.stringify([now.labels, now.annotations]) !== JSON.stringify([before.labels, before.annotations])
  )
}

/** A label that moved concerns the former owner too. */
function keysOfChange(change: StoreChange, keysOf: KeysOf): readonly string[] {
  const now = keysOf(change.object)
  return change.type === 'updated' ? [...new Set([...now, ...keysOf(change.before)])] : now
}

function clusterOf({ metadata, spec }: Shard | Project): string {
  return `${metadata.namespace}/${spec.clusterRef.name}`
}

function labelledCluster({ metadata }: KubeObject): string[] {
  const cluster = metadata.labels?.[labelNames.cluster]
  return cluster === undefined ? [] : [`${metadata.namespace}/${cluster}`]
}

class Stores {
  readonly #storeOf: (resource: Resource) => Store | undefined

  constructor(storeOf: (resource: Resource) => Store | undefined) {
    this.#storeOf = storeOf
  }

  in(resource: Resource, { metadata }: KubeObject): string[] {
    const found = this.#storeOf(resource)?.byIndex(namespaceIndex, metadata.namespace ?? '') ?? []
    return found.map((object) => keyText(keyOf(object)))
  }

  shardsOf(cluster: string): string[] {
    return (this.#storeOf(resources.shards)?.byIndex(clusterIndex, cluster) ?? []).map((one) => keyText(keyOf(one)))
  }

  projectsOf(cluster: string): string[] {
    const [namespace = '', name = ''] = cluster.split('/')
    const found = (this.#storeOf(resources.projects)?.byIndex(namespaceIndex, namespace) ?? []) as Project[]
    return found.filter(({ spec }) => spec.clusterRef.name === name).map((one) => keyText(keyOf(one)))
  }

  /** A child of one shard wakes that one; the log, the map, and claims of log and store wake them all. */
  shardsByChild(resource: Resource, child: KubeObject): string[] {
    const { namespace, labels = {} } = child.metadata
    const [cluster, shard] = [labels[labelNames.cluster], labels[labelNames.shard]]
    if (cluster === undefined) return []
    if (shard !== undefined) return [`${namespace}/${shardName(cluster, Number(shard))}`]
    const concernsAll =
      resource === resources.configMaps ||
      resource === resources.persistentVolumeClaims ||
      resource === resources.controllerRevisions ||
      labels[labelNames.role] === 'log'
    return concernsAll ? this.shardsOf(`${namespace}/${cluster}`) : []
  }
}
