/** Shards over a log and a store in memory, driven by hand: what a configuration of the corpus needs of the engine. */
import type { ShardLimits } from '../../dataplane/core/limits.ts'
import type { Background, Logger, LogReader, ObjectStore } from '../../dataplane/core/ports.ts'
import { realClock } from '../../dataplane/runtime/clock.ts'
import { realRandom } from '../../dataplane/runtime/random.ts'
import { digestSegment, mergeRuns } from '../../dataplane/shard/run/tasks.ts'
import { Shard } from '../../dataplane/shard/shard.ts'

/** Runs every task at once, on this thread. */
export const inline: Background = {
  async run<Output>(task: string, input: unknown): Promise<Output> {
    const tasks = { mergeRuns, digestSegment }
    return (await tasks[task as keyof typeof tasks](input as never)) as Output
  },
}

/** A shard has nothing to warn of when nothing fails: whatever it says fails the test. */
export const strictLogger: Logger = {
  info() {},
  warn: (message, fields) => complain(message, fields),
  error: (message, fields) => complain(message, fields),
}

function complain(message: string, fields: unknown): never {
  throw new Error(`the shard complains: ${message} ${JSON.stringify(fields)}`)
}

export interface OpenOptions {
  readonly count?: number
  readonly limits?: Partial<ShardLimits>
}

/** `count` shards that share the ring evenly, opened from the store and caught up with the log. */
export async function openShards(log: LogReader, store: ObjectStore, options: OpenOptions = {}): Promise<Shard[]> {
  const { count = 1, limits } = options
  const size = 2 ** 32 / count
  const ports = { store, log, clock: realClock, random: realRandom, logger: strictLogger, background: inline }
  const shards: Shard[] = []
  for (let i = 0; i < count; i++) {
    const ring = { start: i * size, end: (i + 1) * size }
    const shard = await Shard.open(ports, { shard: `s${i}`, ring, ...(limits && { limits }) })
    await caughtUp(shard)
    shards.push(shard)
  }
  return shards
}

/** Applies the whole log and waits until every row is decided as first or repeated. */
export async function caughtUp(shard: Shard): Promise<void> {
  await shard.catchUp()
  // Over memory every step is a microtask; a shard that needs more than these is stuck.
  for (let step = 0; shard.pendingRows > 0; step++) {
    if (step > 100_000) throw new Error(`shard ${shard.id} leaves ${shard.pendingRows} rows undecided`)
    await Promise.resolve()
  }
}
