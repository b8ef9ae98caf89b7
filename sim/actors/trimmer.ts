/**
 * Trims the log as the operator will: never past what a replica has adopted and compared with the log; a replica that
 * is not there or is not audited says nothing, and unknown means no.
 */
import { UnavailableError } from '../../common/errors/errors.ts'
import type { OffsetVector } from '../../dataplane/schema/event.ts'
import type { LogService } from '../processes/log.ts'
import type { Supervisor } from '../processes/supervisor.ts'
import type { World } from '../world.ts'
import type { Replicas } from './querier.ts'

interface Known {
  /** Every replica has adopted it and compared it with the log; offset 0 where that is not known. */
  readonly allowed: OffsetVector
  /** Of the newest manifests that a replica of each shard has. */
  readonly newest: OffsetVector
}

export async function trimNowAndThen(
  world: World,
  shards: readonly Replicas[],
  log: Supervisor<LogService>,
): Promise<void> {
  const { scheduler, random, faults } = world
  while (!faults.isStopped) {
    await scheduler.pass(undefined, 'trim', { ms: 500 + random.below(3_000) })
    const known = whatIsKnown(shards)
    if (log.current === undefined) continue
    const { life, service } = log.current
    try {
      await life.call('LOG_UNAVAILABLE', () => trim(world, service, known))
    } catch (error) {
      if (!(error instanceof UnavailableError)) world.fail(error)
    }
  }
}

async function trim(world: World, { log }: LogService, { allowed, newest }: Known): Promise<void> {
  const end = new Map<number, number>()
  for (const partition of allowed.next.keys()) end.set(partition, await log.end(partition))
  const known = { newest, end: { generation: allowed.generation, next: end } }
  const wanted = world.seams.trim?.(allowed, known) ?? allowed
  for (const [partition, offset] of wanted.next) {
    if (offset === 0) continue
    world.ledger.trimmed(partition, offset)
    await log.trim(partition, offset)
    if ((await log.start(partition)) > 0) world.state('log trimmed')
  }
}

function whatIsKnown(shards: readonly Replicas[]): Known {
  const allowed = new Map<number, number>()
  const newest = new Map<number, number>()
  let isComplete = true
  for (const replicas of shards) {
    const hosts = replicas.map(({ current }) => current?.service.host)
    const ofShard = new Map<number, number>()
    for (const host of hosts) {
      const isAudited = host?.status.state === 'serving' && host.auditor.state === 'audited'
      for (const [partition, next] of host?.current?.manifest.offsets.next ?? []) {
        lower(allowed, partition, isAudited ? next : 0)
        ofShard.set(partition, Math.max(ofShard.get(partition) ?? 0, next))
      }
    }
    for (const [partition, next] of ofShard) lower(newest, partition, next)
    isComplete &&= hosts.every((host) => host?.current !== undefined)
  }
  // Which partitions somebody needs who is not there, nobody says.
  if (!isComplete) for (const partition of allowed.keys()) allowed.set(partition, 0)
  return { allowed: { generation: 1, next: allowed }, newest: { generation: 1, next: newest } }
}

function lower(vector: Map<number, number>, partition: number, offset: number): void {
  vector.set(partition, Math.min(vector.get(partition) ?? offset, offset))
}
