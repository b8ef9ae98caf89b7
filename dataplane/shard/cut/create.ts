/**
 * The head manifest of a shard, made when there is none.
 */
import { UserError, unavailable } from '../../../common/errors/errors.ts'
import type { ObjectStore, Random } from '../../core/ports.ts'
import type { RingRange } from '../../schema/placement.ts'
import { commitManifest } from '../../storage/manifest/commit.ts'
import { loadHead } from '../../storage/manifest/load.ts'
import type { Manifest } from '../../storage/manifest/manifest.ts'
import { partitionsOf, rangeText } from '../vector.ts'
import { hexNonce } from './write.ts'

/** The generation of the log that this build writes and reads (ADR 0003). */
const generation = 1

export interface NewShard {
  readonly shard: string
  readonly ring: RingRange
  readonly routingEpoch: number
  readonly placementVersion: number
}

/**
 * Two replicas may start at once: one creates, both read. Throws `UserError` `SHARD_MISMATCH` when the shard exists
 * with another range or for a log with other partitions, `CorruptError`, `UnavailableError`.
 */
export async function loadOrCreate(
  { store, random }: { store: ObjectStore; random: Random },
  { shard, ring, routingEpoch, placementVersion }: NewShard,
  partitions: number,
): Promise<Manifest> {
  const start = { generation, next: new Map(partitionsOf(ring, partitions).map((partition) => [partition, 0])) }
  let manifest = await loadHead(store, shard)
  if (manifest === undefined) {
    await commitManifest(store, {
      shard,
      version: 1,
      previous: 0,
      nonce: hexNonce(random),
      routingEpoch,
      ring,
      placementVersion,
      offsets: start,
      nextCut: 0,
      references: [],
      pages: [],
      operation: { kind: 'create' },
    })
    manifest = await loadHead(store, shard)
  }
  if (manifest === undefined) {
    return unavailable('STORE_UNAVAILABLE', `shard ${shard}: the manifest that was just committed is not listed`)
  }
  const got = rangeText(manifest)
  const want = rangeText({ ring, offsets: start })
  if (got !== want) throw new UserError('SHARD_MISMATCH', `shard ${shard}: got ${got}, want ${want}`)
  return manifest
}
