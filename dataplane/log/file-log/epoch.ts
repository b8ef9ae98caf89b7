/**
 * `epoch-…`: who may write. Node has no file locks, so a writer takes the next number, which only one
 * can (a link to a name that exists fails), and whoever has the highest number is the writer (ADR
 * 0008). Every group commit looks whether a higher one was taken.
 *
 * Why that is enough (ING-1): a writer acknowledges a group only when it was written and synced and
 * *then* nobody had the next number. Who takes a number reads the files after that, so it finds every
 * group that any writer before it has acknowledged or still can. What a fenced writer writes later is
 * beyond a seal, or in a file that no chain reaches.
 *
 * Old numbers are removed in ascending order, so a writer whose next number is absent because it came
 * and went does not find its own any more.
 *
 * Needs a local file system: a cache that shows old names would show an old writer.
 */
import { unavailable } from '../../../common/errors/errors.ts'
import { type Disk, DiskError } from '../../core/ports.ts'
import type { Identity } from './identity.ts'
import { epochName, epochOf, temporaryName } from './layout.ts'
import { createOnce, encodeSmall } from './small-file.ts'

/** Tries at a number while other writers open at the same time. */
const triesMax = 16

/** Takes the next epoch, durably. Throws `UnavailableError` or `DiskError`. */
export async function claimEpoch(disk: Disk, folder: string, nonce: string): Promise<Identity> {
  for (let tries = 0; tries < triesMax; tries++) {
    const taken = (await disk.list(folder)).map((name) => epochOf('epoch', name) ?? 0)
    const identity = { epoch: taken.reduce((highest, epoch) => Math.max(highest, epoch), 0) + 1, nonce }
    const place = { folder, name: epochName(identity.epoch), temporary: temporaryName(identity, 'epoch') }
    if (await won(createOnce(disk, place, encodeSmall({ ...identity })))) return identity
  }
  return unavailable('LOG_UNAVAILABLE', `${folder}: other writers took ${triesMax} epochs while this one opened`)
}

/** False also when a later writer has cleaned the temporary away: then the number is taken. */
async function won(created: Promise<boolean>): Promise<boolean> {
  try {
    return await created
  } catch (error) {
    if (error instanceof DiskError && error.code === 'missing') return false
    throw error
  }
}

/** Throws `UnavailableError` `LOG_FENCED` when a later writer has opened the log. */
export async function verifyEpoch(disk: Disk, folder: string, { epoch }: Identity): Promise<void> {
  const replaced = (await exists(disk, `${folder}/${epochName(epoch + 1)}`))
    ? `epoch ${epoch + 1} was taken`
    : (await exists(disk, `${folder}/${epochName(epoch)}`))
      ? undefined
      : `epoch ${epoch} was removed by a later writer`
  if (replaced !== undefined) unavailable('LOG_FENCED', `${folder}: this writer has epoch ${epoch}, ${replaced}`)
}

async function exists(disk: Disk, path: string): Promise<boolean> {
  try {
    const file = await disk.open(path, 'read')
    await file.close()
    return true
  } catch (error) {
    if (error instanceof DiskError && error.code === 'missing') return false
    throw error
  }
}
