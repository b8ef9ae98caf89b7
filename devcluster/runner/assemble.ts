/** Makes the parts of a runner and shows them to each other. Starts none. */
import { join } from 'node:path'
import type { KubeObject } from '../../operator/kube/object.ts'
import type { Resource } from '../../operator/kube/resource.ts'
import { Provisioner } from './claims/provisioner.ts'
import { ClusterView } from './cluster-view.ts'
import { type Identity, podsFolder } from './data-folder.ts'
import { ApiEvents, type EventRecorder } from './events.ts'
import { Addresses } from './network/addresses.ts'
import { Services } from './network/services.ts'
import type { HeartbeatOptions } from './node/heartbeat.ts'
import type { RunnerOptions } from './options.ts'
import type { WorkerContext } from './pod/context.ts'
import { lookups } from './pod/lookups.ts'
import { Workers } from './pod/workers.ts'
import { Scheduler } from './schedule/scheduler.ts'

export interface Parts {
  readonly view: ClusterView
  readonly services: Services
  readonly provisioner: Provisioner
  readonly scheduler: Scheduler
  readonly workers: Workers
  /** One for each node. */
  readonly heartbeats: readonly HeartbeatOptions[]
}

const retryMs = 1_000

export function assemble(
  options: RunnerOptions,
  { id, network }: Identity,
  changed: (resource: Resource, object: KubeObject) => void,
): Parts {
  const { api, clock, logger, folders, sockets, data } = options
  const addresses = new Addresses(network)
  const names = options.nodes.map(({ name }) => name)
  const events = new ApiEvents({ api, clock, logger, instance: names[0]! })
  const view = new ClusterView({
    api,
    clock,
    random: options.random,
    logger,
    namespaces: options.namespaces,
    changed,
  })
  const pods = () => view.pods.all()
  const services = new Services({
    api,
    logger,
    folders,
    sockets,
    addresses,
    root: data,
    services: () => view.services.all(),
    pods,
  })
  const provisioner = new Provisioner({
    api,
    logger,
    events,
    folders,
    root: join(data, 'volumes'),
    runner: id,
    claims: () => view.claims.all(),
    volumes: () => view.volumes.all(),
  })
  const scheduler = new Scheduler({
    api,
    clock,
    logger,
    events,
    schedulerName: options.schedulerName ?? 'default-scheduler',
    pods,
    nodes: () => view.nodes.all().filter(({ metadata }) => names.includes(metadata.name)),
    claim: (namespace, name) => view.claims.get(`${namespace}/${name}`),
  })
  const context: WorkerContext = {
    ...contextOf(options, { id, view, services, events, addresses }),
    finished: (uid) => workers.forget(uid),
  }
  const workers: Workers = new Workers({ context, view, addresses, data, isMine: (node) => names.includes(node) })
  const heartbeats: HeartbeatOptions[] = options.nodes.map((settings, index) => ({
    api,
    clock,
    logger,
    settings,
    facts: { ...options.facts, address: addresses.node(index), since: clock.now() },
  }))
  return { view, services, provisioner, scheduler, workers, heartbeats }
}

/** What all workers share, but for their end. */
function contextOf(
  options: RunnerOptions,
  made: Pick<Parts, 'view' | 'services'> & { id: string; events: EventRecorder; addresses: Addresses },
): Omit<WorkerContext, 'finished'> {
  const { api, clock, logger, folders, data } = options
  const { id, view, services, events, addresses } = made
  const names = options.nodes.map(({ name }) => name)
  const hostIp = (node: string) => addresses.node(Math.max(0, names.indexOf(node)))
  return {
    ...lookups({
      view,
      services,
      images: options.images,
      settings: { ...options.command, server: options.server },
      hostIp,
    }),
    api,
    clock,
    logger,
    events,
    processes: options.processes,
    folders,
    checks: options.checks,
    server: options.server,
    mark: id,
    backoffScale: options.backoffScale ?? 1,
    retryMs,
    look: (namespace, name) => view.pods.get(`${namespace}/${name}`),
    podFolder: (uid) => join(podsFolder(data), uid),
  }
}
