/**
 * Which rows of a log record belong to a shard: those whose position lies in its range of the ring,
 * placed by the spread that the record was written with.
 */
import type { Block, BlockRows } from '../log/record/contract.ts'
import { clipHas, clipOf, projectBase, type RingRange } from '../schema/placement.ts'

/** True when no row of the block belongs to the range: it need not be decoded. */
export function isOutside(block: Block, ring: RingRange): boolean {
  return block.maxPosition < ring.start || block.minPosition >= ring.end
}

/** Row numbers, ascending, of the block's rows inside the range. */
export function rowsInside(block: Block, rows: BlockRows, ring: RingRange): Uint32Array {
  if (block.minPosition >= ring.start && block.maxPosition < ring.end) {
    return Uint32Array.from({ length: rows.rows }, (_, row) => row)
  }
  const clip = clipOf(projectBase(block.project), ring, block.spread)
  const isInside = Array.from(rows.userHashes, (h) => clipHas(clip, h))
  return Uint32Array.from({ length: rows.rows }, (_, row) => row).filter((row) => isInside[rows.user[row]!])
}
