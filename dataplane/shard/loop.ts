/**
 * Drives a shard until it is told to stop or must: reads every partition as records come, cuts as the policy
 * says, follows the manifests of others.
 *
 * What the store or the log refuse for now is said and tried again; what is wrong with bytes of the log stops
 * the shard (MAN-1: a gap is never skipped).
 */
import { BugError, CorruptError, UnavailableError } from '../../common/errors/errors.ts'
import { decideCut } from './cut/policy.ts'
import type { Shard } from './shard.ts'

export interface RunOptions {
  /**
   * Called when a committed cut does not hold the rows applied here and the shard stays (`onDivergence`). Resolves when it
   * may go on, rejects when it must stop.
   */
  readonly diverged?: (error: CorruptError) => Promise<void>
  /** Called when another manifest is in force, cut here or compared and adopted. */
  readonly adopted?: () => void
}

/** Resolves when the signal is aborted; rejects with the reason for which the shard stopped. */
export async function runShard(shard: Shard, signal: AbortSignal, options: RunOptions = {}): Promise<void> {
  const both = AbortSignal.any([signal, shard.stopped])
  const parts = [
    ...shard.partitions.map((partition) => readPartition(shard, partition, both)),
    keepCutting(shard, both, options),
  ]
  try {
    await Promise.all(parts)
  } catch (error) {
    if (signal.aborted) return
    shard.stop(error)
    await Promise.allSettled(parts)
    throw error
  }
}

async function readPartition(shard: Shard, partition: number, signal: AbortSignal): Promise<never> {
  const { log, clock, logger } = shard.ports
  const { limits } = shard
  for (;;) {
    signal.throwIfAborted()
    try {
      await log.waitPast(partition, shard.next(partition), signal)
      while (shard.tailRows > limits.tailRowsMax || shard.pendingRows > limits.pendingRowsMax) {
        logger.warn('reading the log pauses', { shard: shard.id, tail: shard.tailRows, pending: shard.pendingRows })
        await clock.sleep(limits.retryMs, signal)
      }
      await shard.readOnce(partition)
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error
      logger.warn('the log cannot be read', { shard: shard.id, partition, error: error.message })
      await clock.sleep(limits.retryMs, signal)
    }
  }
}

async function keepCutting(shard: Shard, signal: AbortSignal, { diverged, adopted }: RunOptions): Promise<never> {
  const { clock, logger } = shard.ports
  let followedMs = clock.monotonic()
  let { version } = shard.manifest
  for (;;) {
    signal.throwIfAborted()
    if (shard.manifest.version !== version) adopted?.()
    version = shard.manifest.version
    try {
      const decision = decideCut(shard.cutState, shard.limits)
      if (decision.kind === 'wait') await clock.sleep(decision.ms, signal)
      // The loser of a race that lags behind the winner would write and lose again at once.
      else if ((await shard.cut()).kind !== 'cut') await clock.sleep(shard.limits.cutTickMs, signal)
      shard.expire()
      // The primary too: another replica may have cut while it was silent, or repaired a range.
      if (clock.monotonic() - followedMs >= shard.limits.followMs) {
        followedMs = clock.monotonic()
        await shard.follow()
      }
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof BugError || !(error instanceof UnavailableError || error instanceof CorruptError))
        throw error
      if (diverged !== undefined && error instanceof CorruptError && error.code === 'REPLICA_DIVERGED') {
        await diverged(error)
        followedMs = Number.NEGATIVE_INFINITY
        continue
      }
      logger.error('no cut was made', { shard: shard.id, error: error.message })
      await clock.sleep(shard.limits.retryMs, signal)
    }
  }
}
