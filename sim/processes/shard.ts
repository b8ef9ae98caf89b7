/**
 * A replica of a shard as a process: the real replica, as its role runs it, on simulated ports, started from what
 * the store and the log kept.
 */
import type { LogReader, ObjectStore } from '../../dataplane/core/ports.ts'
import { Auditor } from '../../dataplane/roles/replica/auditor.ts'
import { ReplicaHost } from '../../dataplane/roles/replica/host.ts'
import { RoutingHolder } from '../../dataplane/routing/holder.ts'
import type { RoutingMap } from '../../dataplane/routing/map.ts'
import { tasks } from '../../dataplane/shard/run/tasks.ts'
import type { Life } from '../kernel/life.ts'
import { ProcessBackground } from '../ports/background.ts'
import { ProcessClock } from '../ports/clock.ts'
import { RemoteLog } from '../ports/log.ts'
import { SimPeers } from '../ports/peers.ts'
import { readThrough } from '../read-through.ts'
import { startWall } from '../workload/events.ts'
import type { World } from '../world.ts'
import type { LogService } from './log.ts'
import { Supervisor } from './supervisor.ts'

export interface Replica {
  readonly host: ReplicaHost
  readonly routing: RoutingHolder
  readonly clock: ProcessClock
}

export interface ReplicaSpec {
  readonly shard: string
  /** Of the process, and in the routing map. */
  readonly name: string
  readonly log: Supervisor<LogService>
  /** The routing map that it finds when it starts. */
  readonly map: () => RoutingMap
  /** The other replicas of the shard. */
  readonly peers: () => readonly Supervisor<Replica>[]
}

export function superviseReplica(world: World, spec: ReplicaSpec): Supervisor<Replica> {
  const supervisor = new Supervisor<Replica>(world, {
    name: spec.name,
    kind: 'shard',
    open: async (life) => openReplica(world, spec, life),
    isOpening: ({ host }) => host.status.state === 'starting',
    serve: async ({ host }) => {
      await host.run(new AbortController().signal)
      return 'ended'
    },
  })
  if (world.plan.isFolder) world.residents.push(supervisor)
  return supervisor
}

function openReplica(world: World, spec: ReplicaSpec, life: Life): Replica {
  const { scheduler, seams, plan, objects } = world
  const clock = new ProcessClock(scheduler, life, startWall)
  const random = world.random.fork()
  const store = objects.connect(life, random)
  const ports = {
    store: watchedStore(seams.store?.(store, objects.bucket) ?? store, world),
    clock,
    random: seams.random?.(random) ?? random,
    logger: world.logger(life),
    background: new ProcessBackground(scheduler, life, seams.tasks?.(tasks, life.name) ?? tasks),
    connectLog: async () => connectLog(world, life, spec.log),
  }
  const peers = new SimPeers(world, life, spec.peers)
  const routing = new RoutingHolder(spec.map())
  const parts = { ports, peers, clock, diverged: () => world.audit.diverged(life) }
  const auditor = new Auditor(seams.auditor?.(parts) ?? parts)
  const { shard, name } = spec
  const host = new ReplicaHost(ports, routing, { shard, name, limits: plan.limits, auditor })
  world.audit.began(life, host)
  return { host, routing, clock }
}

function connectLog(world: World, life: Life, log: Supervisor<LogService>): LogReader {
  const { scheduler, seams, plan, faults, defect } = world
  const remote = new RemoteLog({
    scheduler,
    life,
    partitions: plan.partitions,
    server: () => {
      const server = world.random.pick([log.current, ...log.all])
      return server && { life: server.life, log: server.service.log }
    },
    isLost: () => faults.isLost(),
  })
  const watched = readThrough(remote, (entry) => {
    world.watch(() => world.ledger.show(entry))
    return entry
  })
  const reader = defect?.reader(watched, life) ?? watched
  return seams.reader?.(reader, life.name) ?? reader
}

/** The store, telling which manifests somebody put or read, and may act on, and when two replicas wanted one version. */
function watchedStore(store: ObjectStore, world: World): ObjectStore {
  const told = (key: string) => {
    if (key.startsWith('manifests/')) world.toldManifests.add(key)
  }
  return {
    putIfAbsent: async (key, bytes) => {
      const outcome = await store.putIfAbsent(key, bytes)
      if (key.startsWith('manifests/')) world.state(`manifest ${outcome}`)
      told(key)
      return outcome
    },
    getRange: async (key, start, end) => {
      const bytes = await store.getRange(key, start, end)
      told(key)
      return bytes
    },
    size: (key) => store.size(key),
    list: (prefix, options) => store.list(prefix, options),
  }
}
