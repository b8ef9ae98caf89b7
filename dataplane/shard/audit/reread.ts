/**
 * What the log says: its rows from a manifest on, decided anew, apart from any running shard (AUD-1).
 *
 * The judge when two replicas differ, the opinion that one replica gives another, and what a damaged range
 * is rebuilt from. Nothing of the running shard is used but segments that it has open.
 *
 * Does not: become visible to queries, cut, or compare.
 */
import { corrupt, unavailable } from '../../../common/errors/errors.ts'
import { shardLimits } from '../../core/limits.ts'
import type { OffsetVector } from '../../schema/event.ts'
import { baseOf, loadVersion } from '../../storage/manifest/load.ts'
import type { Manifest } from '../../storage/manifest/manifest.ts'
import type { Digest } from '../../storage/segment/digest.ts'
import type { RecordTable } from '../records.ts'
import type { Run } from '../run/run.ts'
import { Shard, type ShardPorts } from '../shard.ts'
import type { Stored } from '../stored.ts'
import { covers, vectorText } from '../vector.ts'

export interface Reread {
  /** What it began from. */
  readonly manifest: Manifest
  readonly runs: readonly Run[]
  readonly records: RecordTable
  /** Of the log's rows between two vectors; both between the manifest's offsets and the end of the reread. */
  digest(from: OffsetVector, to: OffsetVector): Digest
}

export interface RereadRange {
  readonly manifest: Manifest
  readonly to: OffsetVector
  /** Segments of the shard that are open already. */
  readonly known: readonly Stored[]
}

/**
 * Reads the log from the manifest's offsets to `to`, exactly or a little further. Throws `CorruptError` (`LOG_GAP`: it was
 * trimmed), `UnavailableError` (the log does not reach `to`, the store is away, or the range has too many rows).
 */
export async function rereadLog(ports: ShardPorts, range: RereadRange, signal: AbortSignal): Promise<Reread> {
  const { manifest, to } = range
  const { tailRowsMax } = shardLimits
  const shard = await Shard.at(ports, { shard: manifest.shard }, range)
  try {
    for (const partition of shard.partitions) {
      const end = to.next.get(partition) ?? 0
      while (shard.next(partition) < end) {
        signal.throwIfAborted()
        const before = shard.next(partition)
        await shard.readOnce(partition)
        if (shard.next(partition) === before) {
          unavailable('LOG_UNAVAILABLE', `partition ${partition} ends at ${before}, before ${end}`)
        }
        if (shard.tailRows > tailRowsMax) {
          const range = `${vectorText(manifest.offsets)} to ${vectorText(to)}`
          unavailable('STORE_UNAVAILABLE', `reading the log again from ${range}: more than ${tailRowsMax} rows`)
        }
      }
    }
    await shard.settled(to, signal)
    if (!covers(shard.decided, to)) {
      unavailable('STORE_UNAVAILABLE', `shard ${manifest.shard}: rows before ${vectorText(to)} cannot be decided`)
    }
    const { runs, records } = shard.tail()
    return { manifest, runs, records, digest: (from, until) => records.digest(from, until) }
  } finally {
    shard.stop(new Error('the log was read again'))
  }
}

/** The newest version at or before `manifest` whose offsets a vector has. Throws `CorruptError` when none has. */
export async function versionBefore(ports: Pick<ShardPorts, 'store'>, manifest: Manifest, from: OffsetVector) {
  let found = manifest
  while (!covers(from, found.offsets)) {
    const { shard, version } = found
    if (baseOf(found) === 0) {
      const what = 'offsets of the first version'
      corrupt({ code: 'LOG_GAP', object: `shard ${shard}`, what, got: version, want: vectorText(from) })
    }
    found = await loadVersion(ports.store, shard, baseOf(found))
  }
  return found
}
