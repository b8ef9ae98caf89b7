/** A replica of a shard as a process: the real shard on simulated ports, started from what the store and the log kept. */

import type { LogEntry, LogReader, ObjectStore } from '../../dataplane/core/ports.ts'
import type { RingRange } from '../../dataplane/schema/placement.ts'
import { runShard } from '../../dataplane/shard/loop.ts'
import { tasks } from '../../dataplane/shard/run/tasks.ts'
import { Shard } from '../../dataplane/shard/shard.ts'
import type { Life } from '../kernel/life.ts'
import { ProcessBackground } from '../ports/background.ts'
import { ProcessClock } from '../ports/clock.ts'
import { RemoteLog } from '../ports/log.ts'
import { startWall } from '../workload/events.ts'
import type { World } from '../world.ts'
import type { LogService } from './log.ts'
import { Supervisor } from './supervisor.ts'

export interface Replica {
  readonly shard: Shard
  readonly clock: ProcessClock
}

export interface ReplicaSpec {
  readonly shard: string
  readonly ring: RingRange
  /** Name of the process. */
  readonly name: string
  readonly isPrimary: boolean
}

export function superviseReplica(world: World, spec: ReplicaSpec, log: Supervisor<LogService>): Supervisor<Replica> {
  const supervisor = new Supervisor<Replica>(world, {
    name: spec.name,
    kind: 'shard',
    open: (life) => openReplica(world, { spec, life, log }),
    serve: async ({ shard }) => {
      await runShard(shard, new AbortController().signal)
      return 'ended'
    },
  })
  if (world.plan.isFolder) world.residents.push(supervisor)
  return supervisor
}

async function openReplica(
  world: World,
  { spec, life, log }: { spec: ReplicaSpec; life: Life; log: Supervisor<LogService> },
): Promise<Replica> {
  const { scheduler, seams, plan, faults, objects } = world
  const clock = new ProcessClock(scheduler, life, startWall)
  const random = world.random.fork()
  const store = objects.connect(life, random)
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
  const reader = watched(remote, (entry) => world.watch(() => world.ledger.show(entry)))
  const shard = await Shard.open(
    {
      store: watchedStore(seams.store?.(store, objects.bucket) ?? store, world),
      log: seams.reader?.(reader) ?? reader,
      clock,
      random: seams.random?.(random) ?? random,
      logger: world.logger(life),
      background: new ProcessBackground(scheduler, life, seams.tasks?.(tasks) ?? tasks),
    },
    { shard: spec.shard, ring: spec.ring, isPrimary: spec.isPrimary, limits: plan.limits },
  )
  return { shard, clock }
}

/** The store, telling which manifests somebody was told of, and when two replicas wanted one version. */
function watchedStore(store: ObjectStore, world: World): ObjectStore {
  return {
    putIfAbsent: async (key, bytes) => {
      const outcome = await store.putIfAbsent(key, bytes)
      if (key.startsWith('manifests/')) {
        world.state(`manifest ${outcome}`)
        world.toldManifests.add(key)
      }
      return outcome
    },
    getRange: (key, start, end) => store.getRange(key, start, end),
    size: (key) => store.size(key),
    list: (prefix, options) => store.list(prefix, options),
  }
}

/** The reader, telling of each record that it gave. */
function watched(reader: LogReader, tell: (entry: LogEntry) => void): LogReader {
  return {
    partitions: reader.partitions,
    start: (partition) => reader.start(partition),
    end: (partition) => reader.end(partition),
    waitPast: (partition, offset, signal) => reader.waitPast(partition, offset, signal),
    read: async (partition, offset, bytesMax) => {
      const entries = await reader.read(partition, offset, bytesMax)
      entries.forEach(tell)
      return entries
    },
  }
}
