/**
 * The operator as it is installed: its Deployment of two pods under an account that may what `install/` lets it, run by the pod runner of a world. It
 * looks after the world's namespace only, since a server may have other clusters. Pods can be killed, and sent away and back.
 */
import type { World } from '../../devcluster/runner/suite/world.ts'
import { deployment } from '../../operator/install/deployment.ts'
import { name as account, labels, roles } from '../../operator/install/manifests.ts'
import type { KubeObject } from '../../operator/kube/object.ts'
import { resources } from '../../operator/kube/resource.ts'
import { isNotFound } from '../../operator/kube/status-error.ts'
import { type Identity, identity } from '../support/kube-identity.ts'
import { settled } from '../support/until.ts'

export { account }

const selector = Object.entries(labels)
  .map(([label, value]) => `${label}=${value}`)
  .join(',')

export class InstalledOperator {
  readonly #world: World
  readonly #identity: Identity

  private constructor(world: World, own: Identity) {
    this.#world = world
    this.#identity = own
  }

  /** Resolves when one of its pods leads. */
  static async install(world: World, image: string): Promise<InstalledOperator> {
    const { api, namespace } = world
    const own = await identity({ api, namespace }, account, roles({ namespace }))
    const operator = new InstalledOperator(world, own)
    await api.create(resources.deployments, withNamespace(deployment({ namespace, image }), namespace))
    await operator.leads()
    return operator
  }

  async pods(): Promise<readonly KubeObject[]> {
    const { items } = await this.#world.api.list(resources.pods, {
      namespace: this.#world.namespace,
      labelSelector: selector,
    })
    return items
  }

  /** What the Lease says: which process leads, a name that begins with its pod's and that no other process ever has, and leaders so far. */
  async lease(): Promise<{ readonly holder: string; readonly term: number }> {
    const key = { namespace: this.#world.namespace, name: account }
    const lease = await this.#world.api.get(resources.leases, key)
    const { holderIdentity, leaseTransitions } = (lease?.spec ?? {}) as {
      readonly holderIdentity?: string | null
      readonly leaseTransitions?: number
    }
    return { holder: holderIdentity ?? '', term: leaseTransitions ?? 0 }
  }

  /** Resolves with the name of the pod that leads and is there. */
  async leads(): Promise<string> {
    let leader = ''
    await settled(async () => {
      const { holder } = await this.lease()
      leader = holder.replace(/-[^-]+$/, '')
      return (await this.pods()).some(({ metadata }) => metadata.name === leader)
    }, 90_000)
    return leader
  }

  /** Both pods are there and Ready. */
  async isWhole(): Promise<boolean> {
    const found = await this.#world.api.get(resources.deployments, {
      namespace: this.#world.namespace,
      name: account,
    })
    return (found?.status as { readyReplicas?: number } | undefined)?.readyReplicas === 2
  }

  /** kill -9 of a pod's process; the runner starts it again. */
  kill(pod: string): void {
    const pid = this.#world.runner.pidOf(this.#world.namespace, pod, 'operator')
    if (pid === undefined) throw new Error(`${pod} has no process`)
    process.kill(pid, 'SIGKILL')
  }

  /** Clusters that the leading pod has reconciled. */
  async reconciles(): Promise<number> {
    const leader = await this.leads()
    const { podIP } = ((await this.#world.get(leader))?.status ?? {}) as { podIP?: string }
    const text = await (await fetch(`http://${podIP}:8081/metrics`)).text()
    return text
      .split('\n')
      .filter((line) => line.startsWith('controller_runtime_reconcile_total{controller="clusters"'))
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
  }

  /** kill -9 of all of it, and none comes back before `back`: whom the runner starts again meanwhile is gone before it could lead. */
  async away(): Promise<void> {
    const names = (await this.pods()).map(({ metadata }) => metadata.name)
    for (const name of names) this.kill(name)
    await this.#scale(0)
    for (const name of names) {
      const key = { namespace: this.#world.namespace, name }
      await this.#world.api.delete(resources.pods, key, { gracePeriodSeconds: 0 }).catch((error: unknown) => {
        if (!isNotFound(error)) throw error
      })
    }
    await settled(async () => (await this.pods()).length === 0, 30_000)
  }

  /** Resolves when one of its pods leads again. */
  async back(): Promise<void> {
    await this.#scale(2)
    await this.leads()
  }

  async #scale(replicas: number): Promise<void> {
    const key = { namespace: this.#world.namespace, name: account }
    await this.#world.api.patch(resources.deployments, key, { type: 'merge', body: { spec: { replicas } } })
  }

  async remove(): Promise<void> {
    await this.#scale(0)
    await settled(async () => (await this.pods()).length === 0, 30_000)
    await this.#world.delete(resources.deployments, account)
    await this.#identity.stop()
  }
}

interface Template {
  readonly spec: { readonly containers: readonly { readonly env: readonly object[] }[] }
}

function withNamespace(object: KubeObject, namespace: string): KubeObject {
  const { template, ...rest } = object.spec as { readonly template: Template }
  const [container] = template.spec.containers
  const env = [...container!.env, { name: 'ANABRANCH_NAMESPACE', value: namespace }]
  const spec = { ...template.spec, containers: [{ ...container!, env }] }
  return { ...object, spec: { ...rest, template: { ...template, spec } } }
}
