/**
 * What people write: the specs that they want, as `kubectl apply` would send them. What they want now, and wanted lately, is
 * what the operator is measured by.
 */

import { bug } from '../../common/errors/errors.ts'
import { judge } from '../../crds/judge.ts'
import { kinds } from '../../crds/kind.ts'
import type { KubeObject } from '../../operator/kube/object.ts'
import { type Resource, resources } from '../../operator/kube/resource.ts'
import { namespace, type OperatorWorld } from './world.ts'

export interface ClusterSpec {
  readonly id: string
  readonly image?: string
  readonly paused?: boolean
  readonly logLevel?: 'Info' | 'Debug'
  readonly sharding: { readonly count: number }
  readonly shard: { readonly replicas: number; readonly cut?: { readonly maxAgeSeconds: number } }
  readonly ingest?: { readonly replicas: number }
  readonly query?: { readonly replicas: number }
  readonly upgrade: { readonly minReadySeconds: number }
  readonly deletion: { readonly policy: 'Retain' | 'Delete'; readonly confirm?: string }
}

export interface ProjectSpec {
  readonly id: string
  readonly timezone?: string
  readonly tokens: readonly { readonly name: string; readonly access: 'Ingest' | 'Query' }[]
}

/** What there should be in the end. */
export type Outcome = 'serving' | 'retained' | 'destroyed'

export class People {
  readonly #world: OperatorWorld
  /** Name of the cluster that has the data. */
  cluster = 'shop'
  spec: ClusterSpec
  readonly projects = new Map<string, ProjectSpec>()
  outcome: Outcome = 'serving'
  restartedAt: string | undefined
  /** Data may go from this virtual ms on: it was said and confirmed. */
  destroysSince: number | undefined
  #destroyed: () => void = () => {}

  constructor(world: OperatorWorld) {
    this.#world = world
    const { shards, replicas } = world.plan
    this.spec = {
      id: 'shop-eu',
      sharding: { count: shards },
      shard: { replicas },
      upgrade: { minReadySeconds: world.random.pick([0, 0, 4]) },
      deletion: { policy: 'Retain' },
    }
    this.projects.set('checkout', { id: 'checkout', tokens: [token('ingest', 'Ingest'), token('query', 'Query')] })
  }

  /** Everything that is wanted, as it is wanted now. */
  async applyAll(): Promise<void> {
    await this.applyCluster({})
    for (const name of this.projects.keys()) await this.applyProject(name)
  }

  async applyCluster(change: Partial<ClusterSpec>): Promise<void> {
    this.spec = { ...this.spec, ...change }
    const annotations = this.restartedAt && { 'anabranch.dev/restarted-at': this.restartedAt }
    await this.#apply('EventCluster', this.cluster, this.spec, annotations || undefined)
  }

  async applyProject(name: string, change: Partial<ProjectSpec> = {}): Promise<void> {
    const spec = { ...this.projects.get(name)!, ...change }
    this.projects.set(name, spec)
    await this.#apply('Project', name, { ...spec, clusterRef: { name: this.cluster } })
  }

  /** Ends it: what there should be then follows from the policy. */
  async deleteCluster(policy: 'Retain' | 'Delete'): Promise<void> {
    const isDelete = policy === 'Delete'
    await this.applyCluster({ deletion: { policy, ...(isDelete && { confirm: this.cluster }) }, paused: false })
    if (isDelete) this.destroysSince = this.#world.scheduler.elapsed
    this.outcome = isDelete ? 'destroyed' : 'retained'
    await this.delete('EventCluster', this.cluster)
  }

  /** True when the cluster is not there any more, false when it will not go: what it had is lost, and nobody said that this is fine. */
  async gone(): Promise<boolean> {
    while ((await this.get('EventCluster', this.cluster)) !== undefined) {
      if (this.#world.isDataLost && this.outcome === 'retained') return false
      await this.#world.scheduler.pass(undefined, 'people wait', { ms: 1_000 })
    }
    return true
  }

  /** The same data under this name, or new data where it was destroyed. */
  async makeAgain(name: string): Promise<void> {
    const isNew = this.outcome === 'destroyed'
    if (isNew) this.#destroyed()
    this.destroysSince = undefined
    this.outcome = 'serving'
    const isRenamed = name !== this.cluster
    this.cluster = name
    await this.applyCluster({ deletion: { policy: 'Retain' } })
    // A Project names its cluster for ever; its id has everything back.
    if (isRenamed) for (const project of this.projects.keys()) await this.delete('Project', project)
    for (const project of this.projects.keys()) await this.applyProject(project)
  }

  onDestroyed(tell: () => void): void {
    this.#destroyed = tell
  }

  async hold(shard: string): Promise<void> {
    await this.#annotateShard(shard, 'somebody looks at it')
  }

  async release(shard: string): Promise<void> {
    await this.#annotateShard(shard, null)
  }

  async #annotateShard(shard: string, why: string | null): Promise<void> {
    const name = `${this.cluster}-${shard}`
    if ((await this.get('Shard', name)) === undefined) return
    const body = { metadata: { annotations: { 'anabranch.dev/hold': why } } }
    const patch = { type: 'merge', body } as const
    await this.#world.api.patch(resources.shards, { namespace, name }, patch, { fieldManager: 'kubectl' })
  }

  async get(kind: string, name: string): Promise<KubeObject | undefined> {
    return this.#world.api.get(resourceOf(kind), { namespace, name })
  }

  async delete(kind: string, name: string): Promise<void> {
    this.#world.trace.add(`  people: delete ${kind} ${name}`)
    const there = await this.get(kind, name)
    if (there !== undefined) await this.#world.api.delete(resourceOf(kind), { namespace, name }, {})
  }

  async #apply(
    kind: string,
    name: string,
    spec: object,
    annotations?: Readonly<Record<string, string>>,
  ): Promise<void> {
    this.#world.trace.add(`  people: apply ${kind} ${name} ${JSON.stringify(spec)}`)
    const known = kinds.find((one) => one.kind === kind)!
    const metadata = { name, namespace, ...(annotations && { annotations }) }
    const object = { apiVersion: 'anabranch.dev/v1alpha1', kind, metadata, spec }
    const verdict = judge(known, object, await this.get(kind, name))
    if (verdict.object === undefined)
      return bug(`simulated: ${verdict.problems.map(({ message }) => message).join('; ')}`)
    const applied = verdict.object as unknown as KubeObject
    await this.#world.api.apply(resourceOf(kind), applied, { fieldManager: 'kubectl', force: true })
  }
}

export const token = (name: string, access: 'Ingest' | 'Query') => ({ name, access })

function resourceOf(kind: string): Resource {
  return Object.values(resources).find((one) => one.kind === kind) ?? bug(`simulated: no kind ${kind}`)
}
