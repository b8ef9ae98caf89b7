/**
 * Registers a Node and keeps it alive: its status at the start and every five minutes, its Lease every ten seconds.
 *
 * A Node that somebody deletes is made again, as by a kubelet that restarts. Does not: evict, or act on taints of kind `NoExecute` (a controller
 * manager deletes those pods).
 */
import type { Clock, Logger } from '../../../dataplane/core/ports.ts'
import type { KubeApi } from '../../../operator/kube/api.ts'
import { resources } from '../../../operator/kube/resource.ts'
import { isAlreadyExists, isNotFound } from '../../../operator/kube/status-error.ts'
import { type NodeFacts, type NodeSettings, nodeLease, nodeObject, nodeStatus } from './node-object.ts'

const renewMs = 10_000
const statusMs = 300_000
const fieldManager = 'pod-runner'
const leaseNamespace = 'kube-node-lease'

export interface HeartbeatOptions {
  readonly api: KubeApi
  readonly clock: Clock
  readonly logger: Logger
  readonly settings: NodeSettings
  readonly facts: Omit<NodeFacts, 'now'>
}

/** Resolves when the Node is there and Ready. */
export async function register(options: HeartbeatOptions): Promise<void> {
  const { api, clock, settings, facts } = options
  const now = { ...facts, now: clock.now() }
  const object = nodeObject(settings, now)
  await api.create(resources.nodes, object).catch((error: unknown) => {
    if (!isAlreadyExists(error)) throw error
    return api.patch(resources.nodes, { name: settings.name }, { type: 'merge', body: { metadata: object.metadata } })
  })
  await report(options)
  // An API server of Kubernetes makes this namespace itself.
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: leaseNamespace } }
  await api.create(resources.namespaces, namespace).catch((error: unknown) => {
    if (!isAlreadyExists(error)) throw error
  })
  await renew(options)
}

/** Until `signal` aborts. */
export async function beat(options: HeartbeatOptions, signal: AbortSignal): Promise<void> {
  const { clock, logger, settings } = options
  for (let reportedAt = clock.now(); ; ) {
    await clock.sleep(renewMs, signal)
    try {
      await renew(options)
      if (clock.now() - reportedAt < statusMs) continue
      reportedAt = clock.now()
      await report(options)
    } catch (error) {
      if (isNotFound(error)) await register(options).catch(() => undefined)
      else logger.warn('heartbeat failed', { node: settings.name, error })
    }
  }
}

/** For a runner that will not come back. */
export async function deregister({ api, settings: { name } }: HeartbeatOptions): Promise<void> {
  for (const [resource, key] of [
    [resources.nodes, { name }],
    [resources.leases, { name, namespace: leaseNamespace }],
  ] as const) {
    await api.delete(resource, key).catch((error: unknown) => {
      if (!isNotFound(error)) throw error
    })
  }
}

async function report({ api, clock, settings, facts }: HeartbeatOptions): Promise<void> {
  const status = nodeStatus(settings, { ...facts, now: clock.now() })
  await api.patch(
    resources.nodes,
    { name: settings.name },
    { type: 'merge', body: { status } },
    { subresource: 'status' },
  )
}

async function renew({ api, clock, settings }: HeartbeatOptions): Promise<void> {
  await api.apply(resources.leases, nodeLease(settings.name, clock.now()), { fieldManager, force: true })
}
