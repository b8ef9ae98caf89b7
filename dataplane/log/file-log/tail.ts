/**
 * The open end of the last log file: torn by a crash, or damaged?
 *
 * A torn end is a group that was never acknowledged: it is left out, its bytes kept aside. Damage is
 * anything that was durable once: it is never truncated, opening fails with file and position. Told
 * apart by what a crash cannot do (ING-1):
 *
 * - the mark says that the file was synced beyond the broken place: damage;
 * - the group is whole, but not the one that belongs there: damage;
 * - a whole group with a later number follows: the writer only wrote it after the broken one had been
 *   synced: damage;
 * - else it is the last group that was being written: torn.
 */
import { corrupt } from '../../../common/errors/errors.ts'
import type { Broken, ScanTarget } from './scan.ts'
import { findLaterGroup } from './scan.ts'

export interface OpenEnd {
  /** Position after the last whole group. */
  readonly end: number
  /** Bytes after it that are no whole group. */
  readonly tornBytes: number
}

/**
 * Decides about the last file. `broken` is what the scan found (with records checked), `nextGroup` the
 * number of the group that would come there. Throws `CorruptError` `LOG_CORRUPT` for damage.
 */
export async function judgeEnd(
  target: ScanTarget,
  found: { path: string; broken: Broken | undefined; nextGroup: number; mark: number | undefined },
): Promise<OpenEnd> {
  const { path, broken, nextGroup, mark } = found
  const size = target.end
  if (broken === undefined) {
    if (mark !== undefined && mark > size) {
      corrupt({
        code: 'LOG_CORRUPT',
        object: path,
        offset: size,
        what: 'end of the file',
        got: size,
        want: `${mark}, synced before`,
      })
    }
    return { end: size, tornBytes: 0 }
  }
  const damage = { code: 'LOG_CORRUPT', object: path, offset: broken.at, got: broken.got, want: broken.want } as const
  if (mark !== undefined && mark > broken.at) {
    corrupt({ ...damage, what: `${broken.what}, before byte ${mark}, which was synced` })
  }
  if (broken.foreign) corrupt({ ...damage, what: broken.what })
  const later = await findLaterGroup(target, broken.at, nextGroup)
  if (later !== undefined) corrupt({ ...damage, what: `${broken.what}, before a whole group at byte ${later}` })
  return { end: broken.at, tornBytes: size - broken.at }
}
