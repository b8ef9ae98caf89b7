/**
 * `epoch`: who may write. Node has no file locks, so the last one to put its nonce here is the writer,
 * and every group commit looks whether it still is (DESIGN section 4).
 *
 * Why that is enough: a writer acknowledges a group only after it has written it and *then* found its own
 * nonce here. Whoever takes over puts its nonce first and reads the files after that, so it sees every
 * group that the one before it could still acknowledge.
 *
 * Needs a local file system: a cache that shows an old file would show an old epoch.
 */
import { unavailable } from '../../../common/errors/errors.ts'
import type { Disk } from '../../core/ports.ts'
import type { Identity } from './identity.ts'
import { epochName } from './layout.ts'
import { integerField, readSmall, replaceSmall } from './small-file.ts'

/** Makes `nonce` the writer of the folder. Throws `UnavailableError` `LOG_FENCED` when another took over meanwhile. */
export async function claimEpoch(disk: Disk, folder: string, nonce: string): Promise<Identity> {
  const before = await readEpoch(disk, folder)
  const identity = { epoch: (before?.epoch ?? 0) + 1, nonce }
  const place = { folder, name: epochName, temporary: temporaryName(identity, 'epoch') }
  await replaceSmall(disk, place, { ...identity })
  await verifyEpoch(disk, folder, identity)
  return identity
}

/** Throws `UnavailableError` `LOG_FENCED` unless the folder's writer is this one. */
export async function verifyEpoch(disk: Disk, folder: string, identity: Identity): Promise<void> {
  const now = await readEpoch(disk, folder)
  if (now?.nonce === identity.nonce) return
  const got = now === undefined ? 'no epoch file' : `epoch ${now.epoch} of writer ${now.nonce}`
  unavailable('LOG_FENCED', `${folder}: ${got}, this writer is epoch ${identity.epoch}, ${identity.nonce}`)
}

async function readEpoch(disk: Disk, folder: string): Promise<Identity | undefined> {
  const object = `${folder}/${epochName}`
  const fields = await readSmall(disk, object)
  if (fields === undefined) return undefined
  return { epoch: integerField(fields, 'epoch', { object, min: 1 }), nonce: String(fields.nonce) }
}

/** Temporaries carry their epoch: a later writer removes those of earlier ones. */
export function temporaryName(identity: Identity, what: string): string {
  return `new-${String(identity.epoch).padStart(10, '0')}-${identity.nonce}-${what}`
}

/** True for a temporary of an epoch before this one. */
export function isAbandoned(name: string, identity: Identity): boolean {
  const match = /^new-(\d{10})-/.exec(name)
  return match !== null && Number(match[1]) < identity.epoch
}
