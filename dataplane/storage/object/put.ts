/**
 * A put whose reply may get lost.
 *
 * Does not: try for long. Two errors in a row are an error, and the outcome is not known.
 */
import { UnavailableError } from '../../../common/errors/errors.ts'
import type { ObjectStore } from '../../core/ports.ts'

/**
 * Puts, and after an error puts the same again: `exists` may then mean our own first try, and the caller reads back
 * whose it is. Looking whether the object is there would not do: what is seen need not be durable yet, what a put
 * reports is. Throws `UnavailableError`.
 */
export async function putTwice(store: ObjectStore, key: string, bytes: Uint8Array): Promise<'created' | 'exists'> {
  try {
    return await store.putIfAbsent(key, bytes)
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error
    return store.putIfAbsent(key, bytes)
  }
}
