/** The object store in memory: the smallest implementation of the port. */
import { compareUtf8 } from '../../common/bytes/compare.ts'
import type { ObjectStore } from '../../dataplane/core/ports.ts'
import { checkKey, checkPrefix } from '../../dataplane/storage/object/keys.ts'

export class MemoryStore implements ObjectStore {
  readonly #objects = new Map<string, Uint8Array>()

  async putIfAbsent(key: string, bytes: Uint8Array): Promise<'created' | 'exists'> {
    checkKey(key)
    if (this.#objects.has(key)) return 'exists'
    this.#objects.set(key, bytes.slice())
    return 'created'
  }

  async getRange(key: string, start: number, end: number): Promise<Uint8Array | undefined> {
    checkKey(key)
    return this.#objects.get(key)?.slice(start, end)
  }

  async size(key: string): Promise<number | undefined> {
    checkKey(key)
    return this.#objects.get(key)?.length
  }

  async list(prefix: string, options: { after?: string; limit?: number } = {}): Promise<string[]> {
    checkPrefix(prefix)
    const { after, limit } = options
    return [...this.#objects.keys()]
      .filter((key) => key.startsWith(prefix) && (after === undefined || compareUtf8(key, after) > 0))
      .sort(compareUtf8)
      .slice(0, limit)
  }
}
