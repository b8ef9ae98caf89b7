/**
 * Writes of one service account, counted by the API server: each request is dispatched under the first FlowSchema that it matches, and the server
 * counts dispatched requests by FlowSchema. So two of them, for writes to Leases and for all other writes of this account, are two meters
 * that no other client of a shared server moves. A write that changes nothing counts too, as do those to Events.
 */
import { realClock } from '../../dataplane/runtime/clock.ts'
import type { KubeApi } from '../../operator/kube/api.ts'
import type { KubeObject } from '../../operator/kube/object.ts'
import type { Resource } from '../../operator/kube/resource.ts'

const flowSchemas: Resource = {
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  plural: 'flowschemas',
  kind: 'FlowSchema',
  namespaced: false,
}

/** The page of metrics is megabytes. */
const lookEveryMs = 1_000

export interface Writes {
  readonly leases: number
  readonly others: number
}

export class WriteMeter {
  readonly #api: KubeApi
  readonly #namespace: string
  readonly #account: string

  private constructor(api: KubeApi, namespace: string, account: string) {
    this.#api = api
    this.#namespace = namespace
    this.#account = account
  }

  /** Counts from now on; a server may take a moment until it knows the schemas: see `counts`. */
  static async of(api: KubeApi, namespace: string, account: string): Promise<WriteMeter> {
    const meter = new WriteMeter(api, namespace, account)
    await api.create(
      flowSchemas,
      meter.#schema('leases', { apiGroups: ['coordination.k8s.io'], resources: ['leases'] }),
    )
    await api.create(flowSchemas, meter.#schema('others', { apiGroups: ['*'], resources: ['*'] }))
    return meter
  }

  #name(meter: keyof Writes): string {
    return `${this.#namespace}-${meter}`
  }

  #schema(meter: keyof Writes, what: { readonly apiGroups: string[]; readonly resources: string[] }): KubeObject {
    const account = { name: this.#account, namespace: this.#namespace }
    const verbs = ['create', 'update', 'patch', 'delete', 'deletecollection']
    return {
      apiVersion: 'flowcontrol.apiserver.k8s.io/v1',
      kind: 'FlowSchema',
      metadata: { name: this.#name(meter) },
      spec: {
        // Before all that comes with the server but what is exempt; leases first.
        matchingPrecedence: meter === 'leases' ? 50 : 60,
        priorityLevelConfiguration: { name: 'workload-low' },
        distinguisherMethod: { type: 'ByUser' },
        rules: [
          {
            subjects: [{ kind: 'ServiceAccount', serviceAccount: account }],
            resourceRules: [{ ...what, verbs, clusterScope: true, namespaces: ['*'] }],
          },
        ],
      },
    }
  }

  async read(): Promise<Writes> {
    const text = ((await this.#api.raw({ method: 'GET', path: '/metrics' })) as string).split('\n')
    const counted = (meter: keyof Writes) =>
      text
        .filter((line) => line.startsWith('apiserver_flowcontrol_dispatched_requests_total{'))
        .filter((line) => line.includes(`flow_schema="${this.#name(meter)}"`))
        .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
    return { leases: counted('leases'), others: counted('others') }
  }

  /** Resolves when both meters move: what they show afterwards is all there is. */
  async counts(): Promise<void> {
    for (let looks = 0; looks < 60; looks++) {
      const { leases, others } = await this.read()
      if (leases > 0 && others > 0) return
      await realClock.sleep(lookEveryMs)
    }
    throw new Error(`the API server counts no writes of ${this.#account} in ${this.#namespace}`)
  }

  async end(): Promise<void> {
    for (const meter of ['leases', 'others'] as const) await this.#api.delete(flowSchemas, { name: this.#name(meter) })
  }
}
