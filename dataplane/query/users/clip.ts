/** Clips: which users of a segment a shard owns, as ranges of ordinals. */
import { bug } from '../../../common/errors/errors.ts'
import type { HashRange } from '../../schema/placement.ts'
import { firstFrom } from '../../storage/codec/first-from.ts'
import type { UserTable } from '../../storage/segment/contract.ts'

/** Ordinals `[start, end)`. */
export interface OrdinalRange {
  readonly start: number
  readonly end: number
}

/** Tables are sorted by `h`, so each range of `h` is one of ordinals. */
export function clipOrdinals(table: UserTable, clip: readonly HashRange[]): OrdinalRange[] {
  let before = 0
  return clip.map(({ start, end }) => {
    if (start < before || end < start || end > 2 ** 32)
      bug(`a clip has the range [${start}, ${end}) after ${before}`, 'RSH-1')
    before = end
    return { start: firstFrom(table.hashes, start, table.count), end: firstFrom(table.hashes, end, table.count) }
  })
}
