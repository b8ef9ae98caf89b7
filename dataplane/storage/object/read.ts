/** Whole objects, for those small enough to be read at once. Does not: retry. */
import { corrupt } from '../../../common/errors/errors.ts'
import type { ObjectStore } from '../../core/ports.ts'

/**
 * All bytes of an object, or `undefined` when it does not exist. Throws `CorruptError` `MANIFEST_CORRUPT` above
 * `bytesMax`: what this reads is small by design, so a huge one is not what was written.
 */
export async function readObject(
  store: ObjectStore,
  key: string,
  bytesMax: number,
): Promise<Uint8Array<ArrayBufferLike> | undefined> {
  const size = await store.size(key)
  if (size === undefined) return undefined
  if (size > bytesMax) {
    const want = `at most ${bytesMax}`
    corrupt({ code: 'MANIFEST_CORRUPT', object: key, offset: bytesMax, what: 'size in bytes', got: size, want })
  }
  return store.getRange(key, 0, size)
}
