/** A namespace on some API server and a pod runner that looks after it, for tests: all of it is gone afterwards. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vi } from 'vitest'
import { randomHex } from '../../../dataplane/core/random-hex.ts'
import { realClock } from '../../../dataplane/runtime/clock.ts'
import { realRandom } from '../../../dataplane/runtime/random.ts'
import type { KubeApi } from '../../../operator/kube/api.ts'
import type { KubeObject } from '../../../operator/kube/object.ts'
import { type Resource, resources } from '../../../operator/kube/resource.ts'
import type { ImageTable } from '../container/images.ts'
import { atFolder } from '../machine/image-file.ts'
import { startLocalRunner } from '../machine/local-runner.ts'
import { LocalProcesses } from '../machine/processes.ts'
import type { NodeSettings } from '../node/node-object.ts'
import type { Claim, Container, Pod, PodSpec, Service } from '../objects.ts'
import type { CloseOptions, Runner } from '../runner.ts'

const waitMs = 25_000
const pollMs = 20

export interface Connected {
  readonly api: KubeApi
  /** Its URL, where it has one. */
  readonly server?: string
}

export interface WorldOptions extends Connected {
  readonly nodes?: readonly Partial<NodeSettings>[]
  readonly images?: unknown
  readonly backoffScale?: number
}

/** Shells and Node by name: `shell:1` with args `-c SCRIPT`, `node:1` with args `-e SCRIPT`. */
const testImages = { 'shell:*': { entrypoint: ['/bin/sh'] }, 'node:*': { entrypoint: ['node'] } }

export async function makeWorld(options: WorldOptions): Promise<World> {
  const world = new World(options)
  await world.begin()
  return world
}

export class World {
  readonly api: KubeApi
  readonly data = mkdtempSync(join(tmpdir(), 'pod-runner-'))
  readonly namespace = `runner-${randomHex(realRandom, 4)}`
  /** Lines that the runner logged as warnings or errors. */
  readonly complaints: string[] = []
  images: ImageTable
  readonly #options: WorldOptions
  #runner: Runner | undefined

  constructor(options: WorldOptions) {
    // A test run that breaks off leaves no process either.
    process.once('exit', () => new LocalProcesses().sweep(this.#mark(), new Set()))
    this.api = options.api
    this.#options = options
    this.images = atFolder({ ...testImages, ...(options.images as object) }, this.data, 'images')
  }

  get runner(): Runner {
    if (this.#runner === undefined) throw new Error('the runner is stopped')
    return this.#runner
  }

  async begin(): Promise<void> {
    await this.api.create(resources.namespaces, object('Namespace', { name: this.namespace }))
    await this.startRunner()
  }

  async startRunner(): Promise<void> {
    const complain = (message: string, fields?: Readonly<Record<string, unknown>>) =>
      void this.complaints.push(`${message} ${fields?.error ?? ''}`)
    this.#runner = await startLocalRunner({
      api: this.api,
      server: this.#options.server,
      logger: { info: () => undefined, warn: complain, error: complain },
      data: this.data,
      nodes: this.nodeNames.map((name, index) => {
        const { labels = {}, cpu = '8', memory = '16Gi', pods = 50 } = this.#options.nodes?.[index] ?? {}
        return { name, labels, cpu, memory, pods }
      }),
      images: () => this.images,
      version: '0.0.0',
      namespaces: [this.namespace],
      backoffScale: this.#options.backoffScale ?? 0.02,
    })
  }

  #mark(): string {
    const text = existsSync(join(this.data, 'runner.json'))
      ? readFileSync(join(this.data, 'runner.json'), 'utf8')
      : undefined
    return text === undefined ? 'none/' : `${(JSON.parse(text) as { id: string }).id}/`
  }

  get nodeNames(): readonly string[] {
    return (this.#options.nodes ?? [{}]).map((_, index) => `${this.namespace}-${index}`)
  }

  async stopRunner(options: CloseOptions): Promise<void> {
    await this.runner.close({ graceMs: 500, ...options })
    this.#runner = undefined
  }

  /** Whatever a test did: no process, no folder, no object is left. */
  async end(): Promise<void> {
    if (this.#runner === undefined) await this.startRunner()
    for (const resource of [resources.pods, resources.persistentVolumeClaims, resources.services]) {
      const { items } = await this.api.list(resource, { namespace: this.namespace })
      const options = resource === resources.pods ? { gracePeriodSeconds: 0 } : {}
      const keys = items.map(({ metadata: { name } }) => ({ namespace: this.namespace, name }))
      await Promise.all(keys.map((key) => this.api.delete(resource, key, options).catch(() => undefined)))
    }
    await vi.waitFor(() => (this.runner.podsCount > 0 ? Promise.reject(new Error('pods run on')) : undefined), {
      timeout: waitMs,
    })
    await this.stopRunner({ processes: 'end', forget: true })
    await this.api.delete(resources.namespaces, { name: this.namespace })
    rmSync(this.data, { recursive: true, force: true })
  }

  async create(resource: Resource, kind: string, name: string, rest: object): Promise<void> {
    await this.api.create(resource, { ...object(kind, { name, namespace: this.namespace }), ...rest })
  }

  /** A pod with a container `main` that runs a shell script, unless told otherwise. */
  async pod(
    name: string,
    main: Partial<Container> | string,
    rest: Partial<PodSpec> & { readonly labels?: Readonly<Record<string, string>> } = {},
  ): Promise<void> {
    const container: Container = {
      name: 'main',
      image: 'shell:1',
      ...(typeof main === 'string' ? { args: ['-c', main] } : main),
    }
    const { labels, ...spec } = rest
    await this.api.create(resources.pods, {
      ...object('Pod', { name, namespace: this.namespace, labels }),
      spec: { terminationGracePeriodSeconds: 2, containers: [container], ...spec },
    })
  }

  async get(name: string): Promise<Pod | undefined> {
    return (await this.api.get(resources.pods, { namespace: this.namespace, name })) as Pod | undefined
  }

  async claim(name: string): Promise<Claim | undefined> {
    const key = { namespace: this.namespace, name }
    return (await this.api.get(resources.persistentVolumeClaims, key)) as Claim | undefined
  }

  async service(name: string, spec: Service['spec']): Promise<void> {
    await this.create(resources.services, 'Service', name, { spec })
  }

  async delete(resource: Resource, name: string): Promise<void> {
    await this.api.delete(resource, { namespace: this.namespace, name })
  }

  /** Runs a shell script in the first volume of a pod, as somebody beside its container would. */
  runnerShell(pod: string, script: string): void {
    const folder = this.runner.volumeFolder(this.namespace, pod)
    if (folder === undefined) throw new Error(`${pod} has no volume`)
    execFileSync('/bin/sh', ['-c', script], { cwd: folder })
  }

  /** Waits until the look passes, and returns what it returned. */
  async until<Found>(look: () => Promise<Found> | Found): Promise<Found> {
    return await vi.waitFor(look, { timeout: waitMs, interval: pollMs })
  }

  /** Waits until the pod satisfies `holds`. */
  async untilPod(name: string, holds: (pod: Pod) => boolean): Promise<Pod> {
    return await this.until(async () => {
      const pod = await this.get(name)
      if (pod === undefined || !holds(pod))
        throw new Error(`${name}: ${JSON.stringify(pod?.status ?? 'gone', undefined, 1)}`)
      return pod
    })
  }

  async untilGone(name: string): Promise<void> {
    await this.until(async () => {
      const pod = await this.get(name)
      if (pod !== undefined) throw new Error(`${name} is still there: ${JSON.stringify(pod.status)}`)
    })
  }
}

export function isTrue(pod: Pod, type: string): boolean {
  return (pod.status?.conditions ?? []).some((one) => one.type === type && one.status === 'True')
}

export const isReady = (pod: Pod) => isTrue(pod, 'Ready')

/** State and counts of a container. */
export function stateOf(pod: Pod, name = 'main') {
  const all = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])]
  return all.find((status) => status.name === name)
}

/** Waits for real time: where a test must show that something does not happen. */
export const passing = (ms: number) => realClock.sleep(ms)

function object(kind: string, metadata: KubeObject['metadata']): KubeObject {
  return { apiVersion: 'v1', kind, metadata }
}
