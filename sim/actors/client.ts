/**
 * Clients that send requests one after the other and repeat each until it is acknowledged, with the same insert
 * ids: whatever got lost, the outcome is the same.
 */
import { UnavailableError, unavailable } from '../../common/errors/errors.ts'
import type { Event } from '../../dataplane/schema/event.ts'
import type { LogService } from '../processes/log.ts'
import type { Supervisor } from '../processes/supervisor.ts'
import { EventSource } from '../workload/events.ts'
import type { World } from '../world.ts'

const clients = 2

/** Resolves when every request was acknowledged. */
export async function runClients(world: World, log: Supervisor<LogService>): Promise<void> {
  const source = new EventSource(world.random.fork())
  let left = world.plan.requests
  const client = async () => {
    while (left-- > 0) await sendUntilAcknowledged(world, log, source.request())
  }
  await Promise.all(Array.from({ length: clients }, client))
}

async function sendUntilAcknowledged(
  world: World,
  log: Supervisor<LogService>,
  events: readonly Event[],
): Promise<void> {
  for (const event of events) world.ledger.sent(event)
  for (;;) {
    try {
      await send(world, log, events)
      return
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error
      world.state('client repeats a request')
      await world.scheduler.pass(undefined, 'client waits', { ms: 100 + world.random.below(2_000) })
    }
  }
}

async function send(world: World, log: Supervisor<LogService>, events: readonly Event[]): Promise<void> {
  const { scheduler, faults, random, plan } = world
  await scheduler.pass(undefined, 'client request', { ms: random.below(50) })
  // A connection may lead to a life that was replaced already.
  const server = plan.isOldWriterIdle ? log.current : random.pick([log.current, ...log.all])
  if (server === undefined || faults.isLost()) unavailable('LOG_UNAVAILABLE', 'simulated: no answer to a request')
  await server.life.call('LOG_UNAVAILABLE', () => server.service.ingest(events))
  await scheduler.pass(undefined, 'client reply')
  if (faults.isLost()) unavailable('LOG_UNAVAILABLE', 'simulated: the acknowledgement got lost')
}
