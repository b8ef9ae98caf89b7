/**
 * `trim-…`: up to which offset each partition may be forgotten. Durable before any file is
 * removed, so that a missing file is either trimmed or lost, never a guess.
 *
 * Each writer has a file of its own and the highest points count: a fenced writer that still trims
 * cannot take back what its successor has trimmed.
 */
import { corrupt } from '../../../common/errors/errors.ts'
import type { Disk } from '../../core/ports.ts'
import type { Identity } from './identity.ts'
import { epochOf, temporaryName, trimName } from './layout.ts'
import { readSmall, replaceSmall } from './small-file.ts'

/** The points of all writers, per partition; 0 where nothing was trimmed. */
export async function readTrimPoints(disk: Disk, folder: string, partitions: number): Promise<number[]> {
  const points = new Array<number>(partitions).fill(0)
  for (const name of await disk.list(folder)) {
    if (epochOf('trim', name) === undefined) continue
    const object = `${folder}/${name}`
    const fields = await readSmall(disk, object)
    // Gone since the list was made: its writer's successor has taken its points over.
    if (fields === undefined) continue
    const given = fields.points
    if (!Array.isArray(given) || given.length !== partitions || !given.every((point) => Number.isSafeInteger(point))) {
      corrupt({
        code: 'LOG_CORRUPT',
        object,
        what: 'points',
        got: JSON.stringify(given),
        want: `${partitions} integers`,
      })
    }
    for (let i = 0; i < partitions; i++) points[i] = Math.max(points[i], given[i])
  }
  return points
}

/** Makes the points of this writer durable. */
export async function writeTrimPoints(
  disk: Disk,
  at: { folder: string; identity: Identity },
  points: readonly number[],
): Promise<void> {
  const { folder, identity } = at
  const name = trimName(identity.epoch)
  await replaceSmall(disk, { folder, name, temporary: temporaryName(identity, 'trim') }, { points })
}
