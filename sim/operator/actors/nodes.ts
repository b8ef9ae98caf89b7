/**
 * Nodes and the controllers of Kubernetes itself: a step of `cluster/nodes.ts` whenever something is left to
 * do, and the collection of what lost its owner.
 */
import type { KubeObject } from '../../../operator/kube/object.ts'
import type { Resource } from '../../../operator/kube/resource.ts'
import type { OperatorWorld } from '../world.ts'

/** So long after a change they look again, so often. */
const lookMs = 15_000
const everyMs = 2_000

export class NodesActor {
  readonly #world: OperatorWorld
  readonly #ended: string[] = []
  #isDirty = true

  constructor(world: OperatorWorld) {
    this.#world = world
    world.machinery.storage.listen(({ resource, before, after }) => {
      if (resource.startsWith('leases') || resource.startsWith('events')) return
      this.#isDirty = true
      if (after === undefined && before?.metadata.uid !== undefined) this.#ended.push(before.metadata.uid)
    })
  }

  /** Something happened to a pod that its object does not show. */
  wake(): void {
    this.#isDirty = true
  }

  async run(): Promise<never> {
    const { scheduler, random, nodes } = this.#world
    let [changed, looked] = [0, 0]
    for (;;) {
      await scheduler.pass(undefined, 'nodes', { ms: 300 + random.below(700) })
      if (this.#isDirty) changed = scheduler.elapsed
      // Time alone makes a pod available.
      const isDue = scheduler.elapsed < changed + lookMs && scheduler.elapsed >= looked + everyMs
      if (!this.#isDirty && !isDue) continue
      looked = scheduler.elapsed
      this.#isDirty = false
      await this.#collect()
      await nodes.step()
    }
  }

  async #collect(): Promise<void> {
    const { api, machinery } = this.#world
    for (const uid of this.#ended.splice(0)) {
      for (const { resource } of machinery.kinds) {
        if (!resource.namespaced || isLeaf(resource)) continue
        for (const { metadata } of dependents((await api.list(resource)).items, uid)) {
          if (metadata.deletionTimestamp === undefined) await api.delete(resource, metadata, {})
        }
      }
    }
  }
}

const isLeaf = ({ kind }: Resource) => ['Event', 'Lease', 'EventCluster', 'Project'].includes(kind)

function dependents(objects: readonly KubeObject[], uid: string): KubeObject[] {
  return objects.filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid))
}
