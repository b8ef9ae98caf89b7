/**
 * What Kubernetes does beside its API, a step at a time: binds claims, keeps pods of Deployments, runs pods.
 *
 * A pod takes three steps to be ready, and one to be gone. Images that are called `bad` cannot be pulled; a pod
 * with `node: none` in its selector fits nowhere. Does not: judge what the operator asks for.
 */
import type { MemoryApi } from '../../../devcluster/api/memory-api.ts'
import type { KubeObject } from '../../../operator/kube/object.ts'
import { type Resource, resources } from '../../../operator/kube/resource.ts'
import { labelNames, ports } from '../../../operator/render/names.ts'
import { routingKey, settingsKey } from '../../../operator/render/routing.ts'
import { type SimulatedPlane, versionOf } from './plane.ts'

interface Container {
  readonly image: string
  readonly args: readonly string[]
}

type Pod = KubeObject & {
  readonly spec: {
    readonly containers: readonly Container[]
    readonly nodeName?: string
    readonly nodeSelector?: Readonly<Record<string, string>>
  }
  readonly status?: { readonly phase?: string; readonly podIP?: string; readonly conditions?: readonly object[] }
}

type Deployment = KubeObject & {
  readonly spec: { readonly replicas: number; readonly minReadySeconds?: number; readonly template: KubeObject }
}

export class SimulatedNodes {
  readonly #api: MemoryApi
  readonly #plane: SimulatedPlane
  readonly #now: () => number
  /** Given out so far. */
  addresses = 0

  constructor(api: MemoryApi, plane: SimulatedPlane, now: () => number) {
    this.#api = api
    this.#plane = plane
    this.#now = now
  }

  async step(): Promise<void> {
    for (const claim of await this.#all(resources.persistentVolumeClaims)) await this.#bind(claim)
    for (const deployment of await this.#all(resources.deployments)) await this.#keep(deployment as Deployment)
    await this.#collect()
    for (const pod of await this.#all(resources.pods)) await this.#run(pod as Pod)
  }

  async #all(resource: Resource): Promise<readonly KubeObject[]> {
    return (await this.#api.list(resource)).items
  }

  async #bind(claim: KubeObject): Promise<void> {
    if (claim.status !== undefined && (claim.status as { phase?: string }).phase !== undefined) return
    await this.#status(resources.persistentVolumeClaims, claim, { phase: 'Bound' })
  }

  /** Pods of Deployments and of what is gone: no orphan is kept. */
  async #collect(): Promise<void> {
    const owners = new Set<string>()
    for (const resource of [resources.deployments, resources.eventClusters, resources.shards]) {
      for (const { metadata } of await this.#all(resource)) owners.add(metadata.uid!)
    }
    for (const resource of [resources.pods, resources.persistentVolumeClaims, resources.podDisruptionBudgets]) {
      for (const object of await this.#all(resource)) {
        const owner = object.metadata.ownerReferences?.[0]
        if (owner === undefined || owners.has(owner.uid) || object.metadata.deletionTimestamp !== undefined) continue
        await this.#api.delete(resource, object.metadata, {})
      }
    }
  }

  /** One pod more or less in a step, new ones first: `maxSurge: 1`, `maxUnavailable: 0`. */
  async #keep({ metadata, spec }: Deployment): Promise<void> {
    const { namespace = '', uid = '', name, generation } = metadata
    const own = ((await this.#all(resources.pods)) as readonly Pod[]).filter(
      (pod) => pod.metadata.ownerReferences?.[0]?.uid === uid && isKept(pod),
    )
    const hash = JSON.stringify(spec.template)
    const isNew = (pod: Pod) => pod.metadata.annotations?.['test/template'] === hash
    const [fresh, old] = [own.filter(isNew), own.filter((pod) => !isNew(pod))]
    const isAvailable = (pod: Pod) => this.#readyForMs(pod) >= (spec.minReadySeconds ?? 0) * 1000
    const availableFresh = fresh.filter(isAvailable).length
    if (fresh.length < spec.replicas && fresh.every(isReady)) {
      const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name, uid, controller: true }
      const { labels, annotations } = spec.template.metadata
      await this.#api.create(resources.pods, {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: {
          name: `${name}-${++this.addresses}`,
          namespace,
          ...(labels && { labels }),
          annotations: { ...annotations, 'test/template': hash },
          ownerReferences: [owner],
        },
        spec: spec.template.spec,
      })
    } else if (old.length > 0 && availableFresh + old.length > spec.replicas) {
      await this.#api.delete(resources.pods, old[0]!.metadata, {})
    } else if (fresh.length > spec.replicas) await this.#api.delete(resources.pods, fresh.at(-1)!.metadata, {})
    const now = ((await this.#all(resources.pods)) as readonly Pod[]).filter(
      (pod) => pod.metadata.ownerReferences?.[0]?.uid === uid && !hasFailed(pod),
    )
    await this.#status(resources.deployments, (await this.#api.get(resources.deployments, metadata))!, {
      observedGeneration: generation,
      replicas: now.length,
      updatedReplicas: now.filter(isNew).length,
      readyReplicas: now.filter(isReady).length,
      availableReplicas: now.filter(isAvailable).length,
    })
  }

  /** -1: it is not ready. */
  #readyForMs(pod: Pod): number {
    const ready = readyOf(pod)
    return ready?.status === 'True' ? this.#now() - Date.parse(ready.lastTransitionTime) : -1
  }

  async #run(pod: Pod): Promise<void> {
    const { uid = '', deletionTimestamp } = pod.metadata
    const [container] = pod.spec.containers
    if (deletionTimestamp !== undefined) {
      this.#plane.processes.delete(uid)
      return this.#api.delete(resources.pods, pod.metadata, { gracePeriodSeconds: 0 })
    }
    if (hasFailed(pod)) return
    if (pod.spec.nodeName === undefined) {
      if (pod.spec.nodeSelector?.node === 'none') return this.#unschedulable(pod)
      const target = { apiVersion: 'v1', kind: 'Node', name: 'node-1' }
      const binding = { apiVersion: 'v1', kind: 'Binding', metadata: pod.metadata, target } as unknown as KubeObject
      await this.#api.create(resources.pods, binding, { subresource: 'binding' })
      return
    }
    if (container!.image.includes('bad')) {
      const waiting = { reason: 'ErrImagePull', message: 'not found' }
      return this.#podStatus(pod, { ready: false, containers: [{ image: container!.image, state: { waiting } }] })
    }
    const program = this.#plane.processes.get(uid) ?? (await this.#start(pod))
    if (program === undefined) return
    if (program.state === 'starting' && pod.status?.podIP !== undefined) program.state = 'serving'
    const running = [{ image: container!.image, restartCount: 0, state: { running: {} } }]
    await this.#podStatus(pod, {
      ready: program.state === 'serving' && pod.status?.podIP !== undefined,
      containers: running,
      podIP: program.address.split(':')[0]!,
    })
  }

  /** `undefined`: what it mounts is not there yet. */
  async #start(pod: Pod) {
    const { name, namespace = '', uid = '', labels = {} } = pod.metadata
    const cluster = labels[labelNames.cluster] ?? ''
    const config = await this.#api.get(resources.configMaps, { namespace, name: `${cluster}-routing` })
    const secret = await this.#api.get(resources.secrets, { namespace, name: `${cluster}-access` })
    if (config === undefined || secret === undefined) return undefined
    const data = config.data as Readonly<Record<string, string>>
    const access = Buffer.from((secret.data as Readonly<Record<string, string>>)['access.json']!, 'base64').toString()
    const role = labels[labelNames.role] ?? ''
    const program = {
      ...{ pod: name, uid, role, shard: labels[labelNames.shard], state: 'starting' as const, reason: 'opening' },
      address: `10.0.0.${++this.addresses}:${ports.grpc}`,
      map: role === 'query' || role === 'replica' ? data[routingKey]! : '',
      accessVersion: role === 'query' || role === 'ingest' ? versionOf(access) : 0,
      settingsVersion: versionOf(data[settingsKey]!),
      ...{ leaderTerm: 0, audit: 'audited' as const, manifestVersion: 1, lateForMs: 0, hangs: false },
    }
    this.#plane.processes.set(uid, program)
    return this.#plane.processes.get(uid)!
  }

  async #unschedulable(pod: Pod): Promise<void> {
    const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/1 nodes fit' }
    await this.#status(resources.pods, pod, { phase: 'Pending', conditions: [condition] })
  }

  async #podStatus(pod: Pod, of: { ready: boolean; containers: readonly object[]; podIP?: string }): Promise<void> {
    const ready = of.ready ? 'True' : 'False'
    const former = readyOf(pod)
    const time = former?.status === ready ? former.lastTransitionTime : new Date(this.#now()).toISOString()
    await this.#status(resources.pods, pod, {
      phase: of.podIP === undefined ? 'Pending' : 'Running',
      ...(of.podIP !== undefined && { podIP: of.podIP }),
      conditions: [{ type: 'Ready', status: ready, lastTransitionTime: time }],
      containerStatuses: of.containers,
    })
  }

  async #status(resource: Resource, object: KubeObject, status: object): Promise<void> {
    await this.#api.patch(resource, object.metadata, { type: 'merge', body: { status } }, { subresource: 'status' })
  }
}

/** Evicted, say: it stays listed, and another one takes its place. */
const hasFailed = ({ status }: Pod) => status?.phase === 'Failed'

const isKept = (pod: Pod) => pod.metadata.deletionTimestamp === undefined && !hasFailed(pod)

interface PodCondition {
  readonly type: string
  readonly status: string
  readonly lastTransitionTime: string
}

const readyOf = ({ status }: Pod) =>
  (status?.conditions as readonly PodCondition[] | undefined)?.find(({ type }) => type === 'Ready')

const isReady = (pod: Pod) => readyOf(pod)?.status === 'True'
