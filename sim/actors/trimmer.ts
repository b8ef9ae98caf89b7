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

export async function trimNowAndThen(
  world: World,
  shards: readonly Replicas[],
  log: Supervisor<LogService>,
): Promise<void> {
  const { scheduler, random, faults } = world
  while (!faults.isStopped) {
    await scheduler.pass(undefined, 'trim', { ms: 500 + random.below(3_000) })
    const adopted = adoptedBy(shards)
    if (adopted === undefined || log.current === undefined) continue
    if (world.seams.trim === undefined && !areAudited(shards)) continue
    const { life, service } = log.current
    try {
      await life.call('LOG_UNAVAILABLE', () =>
        trim(world, service, { adopted, allowed: areAudited(shards) ? adopted : nothing(adopted) }),
      )
    } catch (error) {
      if (!(error instanceof UnavailableError)) world.fail(error)
    }
  }
}

async function trim(
  world: World,
  { log }: LogService,
  { allowed, adopted }: { allowed: OffsetVector; adopted: OffsetVector },
): Promise<void> {
  const end = new Map<number, number>()
  for (const partition of allowed.next.keys()) end.set(partition, await log.end(partition))
  const known = { adopted, end: { generation: allowed.generation, next: end } }
  const wanted = world.seams.trim?.(allowed, known) ?? allowed
  for (const [partition, offset] of wanted.next) {
    if (offset === 0) continue
    world.ledger.trimmed(partition, offset)
    await log.trim(partition, offset)
    if ((await log.start(partition)) > 0) world.state('log trimmed')
  }
}

/** Lowest offset by partition that every replica has adopted; `undefined` when one is not there. */
function adoptedBy(shards: readonly Replicas[]): OffsetVector | undefined {
  const next = new Map<number, number>()
  for (const { current } of shards.flat()) {
    const shard = current?.service.host.current
    if (shard === undefined) return undefined
    for (const [partition, offset] of shard.manifest.offsets.next) {
      next.set(partition, Math.min(next.get(partition) ?? offset, offset))
    }
  }
  return { generation: 1, next }
}

const nothing = ({ generation, next }: OffsetVector): OffsetVector => ({
  generation,
  next: new Map([...next.keys()].map((partition) => [partition, 0])),
})

/** Whether everything that the replicas have adopted was compared with the log. */
function areAudited(shards: readonly Replicas[]): boolean {
  return shards.flat().every(({ current }) => {
    const host = current?.service.host
    return host !== undefined && host.status.state === 'serving' && host.auditor.state === 'audited'
  })
}
