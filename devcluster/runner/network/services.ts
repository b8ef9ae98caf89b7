/**
 * Services as addresses of this machine: a proxy per port that leads to ready pods, and a hosts file with their names.
 *
 * A Service has the same address as long as the data folder lives, also before it has endpoints. `LoadBalancer` shows it in its status, `NodePort` is answered
 * on 127.0.0.1 too. Does not: UDP, session affinity, ExternalName, Services without selector.
 */
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Logger } from '../../../dataplane/core/ports.ts'
import type { KubeApi } from '../../../operator/kube/api.ts'
import { keyOf, keyText } from '../../../operator/kube/object.ts'
import { resources } from '../../../operator/kube/resource.ts'
import { isConflict, isNotFound } from '../../../operator/kube/status-error.ts'
import type { Pod, Service, ServicePort } from '../objects.ts'
import type { Folders, PortProxy, Sockets } from '../ports.ts'
import type { Addresses, ServiceAddresses } from './addresses.ts'
import { hostLines, isHeadless, podsBehind, targetsOf } from './endpoints.ts'

export interface ServicesOptions {
  readonly api: KubeApi
  readonly logger: Logger
  readonly folders: Folders
  readonly sockets: Sockets
  readonly addresses: Addresses
  /** Data folder: `hosts` and `services.json` are kept there. */
  readonly root: string
  readonly services: () => readonly Service[]
  readonly pods: () => readonly Pod[]
}

export class Services {
  readonly #options: ServicesOptions
  readonly #proxies = new Map<string, PortProxy>()
  #table: ServiceAddresses = {}
  #hosts: string | undefined

  constructor(options: ServicesOptions) {
    this.#options = options
  }

  get hostsFile(): string {
    return join(this.#options.root, 'hosts')
  }

  async load(): Promise<void> {
    const text = await this.#options.folders.readText(this.#tableFile)
    if (text !== undefined) this.#table = JSON.parse(text) as ServiceAddresses
  }

  /** Of a Service that a pass has seen; a headless one has none. */
  addressOf(namespace: string, name: string): string | undefined {
    return this.#table[`${namespace}/${name}`]
  }

  async pass(): Promise<void> {
    const pods = this.#options.pods()
    const services = this.#options.services().filter(({ spec }) => spec.type !== 'ExternalName')
    await this.#assign(services.filter((service) => !isHeadless(service)))
    await this.#publishNames(services, pods)
    const wanted = new Set<string>()
    for (const service of services.filter((one) => !isHeadless(one))) {
      const behind = podsBehind(service, pods)
      for (const port of service.spec.ports ?? []) {
        for (const where of placesOf(service, port, this.#address(service))) {
          wanted.add(where.key)
          await this.#lead(where, targetsOf(port, behind))
        }
      }
      if (service.spec.type === 'LoadBalancer') await this.#showAddress(service)
    }
    for (const [key, proxy] of this.#proxies) {
      if (wanted.has(key)) continue
      this.#proxies.delete(key)
      await proxy.close()
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#proxies.values()].map((proxy) => proxy.close()))
    this.#proxies.clear()
  }

  get #tableFile(): string {
    return join(this.#options.root, 'services.json')
  }

  #address(service: Service): string {
    return this.#table[keyText(keyOf(service))]!
  }

  async #assign(services: readonly Service[]): Promise<void> {
    let table = this.#table
    for (const service of services) table = this.#options.addresses.service(table, keyText(keyOf(service)))
    if (table === this.#table) return
    await this.#options.folders.writeText(this.#tableFile, `${JSON.stringify(table, undefined, 2)}\n`)
    this.#table = table
  }

  async #publishNames(services: readonly Service[], pods: readonly Pod[]): Promise<void> {
    const named = services.map((service) => ({ service, address: this.#address(service) }))
    const text = hostLines(named, pods)
      .map((line) => `${line}\n`)
      .join('')
    if (text === this.#hosts) return
    await this.#options.folders.writeText(this.hostsFile, text)
    this.#hosts = text
  }

  async #lead({ key, address, port }: Place, targets: ReturnType<typeof targetsOf>): Promise<void> {
    let proxy = this.#proxies.get(key)
    if (proxy === undefined) {
      try {
        proxy = await this.#options.sockets.proxy(address, port)
      } catch (error) {
        this.#options.logger.warn('no proxy', { service: key, error })
        return
      }
      this.#proxies.set(key, proxy)
    }
    proxy.aim(targets)
  }

  async #showAddress(service: Service): Promise<void> {
    const loadBalancer = { ingress: [{ ip: this.#address(service), ipMode: 'VIP' }] }
    const status = service.status as { loadBalancer?: unknown } | undefined
    if (isDeepStrictEqual(status?.loadBalancer, loadBalancer)) return
    const changed = { ...service, status: { ...status, loadBalancer } }
    await this.#options.api.replace(resources.services, changed, { subresource: 'status' }).catch((error: unknown) => {
      // The watch is behind: it brings the next pass.
      if (!isConflict(error) && !isNotFound(error)) throw error
    })
  }
}

interface Place {
  readonly key: string
  readonly address: string
  readonly port: number
}

function placesOf(service: Service, { port, nodePort, protocol }: ServicePort, address: string): readonly Place[] {
  if (protocol !== undefined && protocol !== 'TCP') return []
  const key = keyText(keyOf(service))
  const own = { key: `${key} ${address}:${port}`, address, port }
  if (service.spec.type !== 'NodePort' || nodePort === undefined) return [own]
  return [own, { key: `${key} node port ${nodePort}`, address: '127.0.0.1', port: nodePort }]
}
