/**
 * Keys of a shard's objects. Manifests count down, so that a list of one key finds the newest version.
 */
import { assert, corrupt } from '../../../common/errors/errors.ts'

const versionMax = Number.MAX_SAFE_INTEGER
const digits = 16
const shardId = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** A shard id is a DNS label: it is part of keys, metrics and names in Kubernetes. */
function checkShardId(shard: string): void {
  assert(shardId.test(shard), `shard id ${JSON.stringify(shard)}: want a DNS label`)
}

export const manifestPrefix = (shard: string) => `manifests/${shard}/`

export function manifestKey(shard: string, version: number): string {
  checkShardId(shard)
  assert(Number.isSafeInteger(version) && version > 0, `manifest version ${version}`)
  return `${manifestPrefix(shard)}${padded(versionMax - version)}.manifest`
}

/** Throws `CorruptError` when the key below the shard's prefix is no manifest's. */
export function versionOfKey(shard: string, key: string): number {
  const match = /^([0-9]{16})\.manifest$/.exec(key.slice(manifestPrefix(shard).length))
  const version = match === null ? Number.NaN : versionMax - Number(match[1])
  if (!Number.isSafeInteger(version) || version < 1) {
    const want = `${digits} digits and .manifest`
    corrupt({ code: 'MANIFEST_CORRUPT', object: key, what: 'key', got: key, want })
  }
  return version
}

/** `cut` orders the keys of a shard by age for people; the nonce keeps two writers of the same cut apart. */
export const segmentId = (cut: number, nonce: string) => `${padded(cut)}-${nonce}`

export const segmentKey = (shard: string, id: string) => `segments/${shard}/${id}.segment`

export const pageKey = (shard: string, day: number, digest: string) => `pages/${shard}/${day}/${digest}.page`

const padded = (value: number) => String(value).padStart(digits, '0')
