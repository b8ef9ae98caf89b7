import type { LogWriter } from '../../dataplane/core/ports.ts'
import { logContract } from '../../test/support/log-contract.ts'
import { MemoryLog } from '../../test/support/memory-log.ts'
import { Coverage } from '../kernel/coverage.ts'
import { Life } from '../kernel/life.ts'
import { Scheduler } from '../kernel/scheduler.ts'
import { Trace } from '../kernel/trace.ts'
import { SeededRandom } from '../random.ts'
import { RemoteLog } from './log.ts'

/** Steps that a test of the contract needs, and many more. */
const stepsMax = 10_000

function makeScheduler(): Scheduler {
  return new Scheduler({
    random: new SeededRandom(1),
    trace: new Trace(),
    coverage: new Coverage(),
    hurry: () => 0,
    weight: () => 1,
    intervene: () => false,
  })
}

/** Reads go through the simulated connection, whose steps are taken as long as somebody waits; appends do not. */
function connected(log: MemoryLog): LogWriter {
  const scheduler = makeScheduler()
  const server = { life: new Life('log', 'log', 1), log }
  const remote = new RemoteLog({
    scheduler,
    life: new Life('reader', 'reader', 1),
    partitions: log.partitions,
    server: () => server,
    isLost: () => false,
  })
  const stepped = <Answer>(call: Promise<Answer>): Promise<Answer> => {
    void scheduler.run(() => false, { stepsMax })
    return call
  }
  return {
    partitions: remote.partitions,
    start: (partition) => stepped(remote.start(partition)),
    end: (partition) => stepped(remote.end(partition)),
    read: (partition, offset, bytesMax) => stepped(remote.read(partition, offset, bytesMax)),
    waitPast: (partition, offset, signal) => stepped(remote.waitPast(partition, offset, signal)),
    append: async (partition, record) => {
      const offset = await log.append(partition, record)
      void scheduler.run(() => false, { stepsMax })
      return offset
    },
    trim: (partition, offset) => log.trim(partition, offset),
    close: async () => {
      await log.close()
      void scheduler.run(() => false, { stepsMax })
    },
  }
}

logContract('simulated connection to a log', async () => {
  let last: MemoryLog | undefined
  return {
    open: async () => {
      last = new MemoryLog(4, last)
      return connected(last)
    },
  }
})
