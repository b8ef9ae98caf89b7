/**
 * A cluster that really runs, for the pages that show one: a namespace of a real API server, a pod runner for it, and the operator as a
 * process of its own that may do what `install/` lets it and no more.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { stringify } from 'yaml'
import { crd } from '../../crds/crd/document.ts'
import { kinds } from '../../crds/kind.ts'
import { followParent } from '../../dataplane/main/process-options.ts'
import { connectReal } from '../../devcluster/runner/suite/real.ts'
import { makeWorld, type World } from '../../devcluster/runner/suite/world.ts'
import { roles } from '../../operator/install/manifests.ts'
import type { HttpApi } from '../../operator/kube/client/http-api.ts'
import type { KubeObject } from '../../operator/kube/object.ts'
import { resources } from '../../operator/kube/resource.ts'
import { type Identity, identity } from '../support/kube-identity.ts'
import { serveDefinition } from '../support/kube-server.ts'

const root = dirname(dirname(import.meta.dirname))
const account = 'anabranch-operator'

const images = {
  'anabranch:*': { entrypoint: [process.execPath, join(root, 'dataplane/main/anabranch.ts')], workingDir: root },
}

export class LiveCluster {
  readonly world: World
  readonly #identity: Identity
  readonly #operator: ChildProcess
  #said = ''

  private constructor(world: World, own: Identity, kubeconfig: string) {
    this.world = world
    this.#identity = own
    const flags = ['--namespace', world.namespace, '--lease-namespace', world.namespace, '--image', 'anabranch:0.1.0']
    this.#operator = spawn(
      process.execPath,
      [...followParent, 'operator/main/main.ts', ...flags, '--probe-port', '0'],
      {
        cwd: root,
        env: { ...process.env, KUBECONFIG: kubeconfig },
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    )
    this.#operator.stderr?.on('data', (text: Buffer) => {
      this.#said += text
    })
  }

  static async start(): Promise<LiveCluster> {
    const connected = await connectReal(process.env)
    await installKinds(connected.api)
    const world = await makeWorld({ ...connected, images })
    const { namespace } = world
    const own = await identity({ api: connected.api, namespace }, account, roles({ namespace }))
    const kubeconfig = join(world.data, 'operator.kubeconfig')
    writeFileSync(kubeconfig, kubeconfigOf(connected.server ?? '', own))
    return new LiveCluster(world, own, kubeconfig)
  }

  /** Everything that the operator logged. */
  get said(): string {
    return this.#said
  }

  async stop(): Promise<void> {
    const over = this.#operator.exitCode === null ? once(this.#operator, 'exit') : undefined
    this.#operator.kill('SIGTERM')
    await over
    for (const resource of [resources.projects, resources.shards, resources.eventClusters]) await this.#forget(resource)
    await this.#identity.stop()
    await this.world.end()
  }

  /** No operator is there any more to take its finalizer off. */
  async #forget(resource: (typeof resources)['shards' | 'projects' | 'eventClusters']): Promise<void> {
    const { api, namespace } = this.world
    for (const { metadata } of (await api.list(resource, { namespace })).items) {
      const key = { namespace, name: metadata.name }
      await api.patch(resource, key, { type: 'merge', body: { metadata: { finalizers: null } } })
      await api.delete(resource, key).catch(() => undefined)
    }
  }
}

async function installKinds(api: HttpApi): Promise<void> {
  for (const kind of kinds) {
    const definition = crd(kind) as unknown as KubeObject
    await api.apply(resources.customResourceDefinitions, definition, { fieldManager: 'anabranch-test', force: true })
    await serveDefinition(api, definition)
  }
}

function kubeconfigOf(server: string, { token, ca }: Identity): string {
  const name = account
  const cluster = {
    server,
    ...(ca !== undefined && { 'certificate-authority-data': Buffer.from(ca).toString('base64') }),
  }
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  })
}
