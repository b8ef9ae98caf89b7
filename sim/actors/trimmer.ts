/**
 * Trims the log as the log role will: never past what the newest manifest of a shard holds, nor past what a replica has
 * adopted; a replica that is not there says nothing, and unknown means no.
 */
import { UnavailableError } from '../../common/errors/errors.ts'
import type { OffsetVector } from '../../dataplane/schema/event.ts'
import type { LogService } from '../processes/log.ts'
import type { Supervisor } from '../processes/supervisor.ts'
import type { World } from '../world.ts'
import type { Replicas } from './querier.ts'

export async function trimNowAndThen(
  world: World,
  shards: readonly Replicas[],
  log: Supervisor<LogService>,
): Promise<void> {
  const { scheduler, random, faults } = world
  while (!faults.isStopped) {
    await scheduler.pass(undefined, 'trim', { ms: 500 + random.below(3_000) })
    const allowed = allowedTrim(shards)
    if (allowed === undefined || log.current === undefined) continue
    const { life, service } = log.current
    try {
      await life.call('LOG_UNAVAILABLE', () => trim(world, service, allowed))
    } catch (error) {
      if (!(error instanceof UnavailableError)) world.fail(error)
    }
  }
}

async function trim(world: World, { log }: LogService, allowed: OffsetVector): Promise<void> {
  const end = new Map<number, number>()
  for (const partition of allowed.next.keys()) end.set(partition, await log.end(partition))
  const wanted = world.seams.trim?.(allowed, { generation: allowed.generation, next: end }) ?? allowed
  for (const [partition, offset] of wanted.next) {
    if (offset === 0) continue
    world.ledger.trimmed(partition, offset)
    await log.trim(partition, offset)
    if ((await log.start(partition)) > 0) world.state('log trimmed')
  }
}

/** Lowest offset by partition that every replica has adopted; `undefined` when one is not running. */
function allowedTrim(shards: readonly Replicas[]): OffsetVector | undefined {
  const next = new Map<number, number>()
  for (const { current } of shards.flat()) {
    if (current === undefined) return undefined
    for (const [partition, offset] of current.service.shard.manifest.offsets.next) {
      next.set(partition, Math.min(next.get(partition) ?? offset, offset))
    }
  }
  return { generation: 1, next }
}
