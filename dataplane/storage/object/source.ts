/**
 * The `ByteSource` that segments are read through, over an object of a store.
 *
 * Does not: cache, or check what the bytes mean.
 */
import { corrupt } from '../../../common/errors/errors.ts'
import type { ObjectStore, Room } from '../../core/ports.ts'

/** As in `storage/segment/contract.ts`, structurally: this folder does not know segments. */
interface ByteSource {
  readonly byteLength: number
  readonly name: string
  read(start: number, end: number, room?: Room): Promise<Uint8Array>
}

/** An object of a store. Throws `CorruptError` `OBJECT_MISSING` when it does not exist, also if it disappears later. */
export class ObjectSource implements ByteSource {
  readonly byteLength: number
  readonly name: string
  readonly #store: ObjectStore

  private constructor(store: ObjectStore, key: string, byteLength: number) {
    this.#store = store
    this.name = key
    this.byteLength = byteLength
  }

  /** `byteLength` from the manifest that names the object; another size means that it is not the object named. */
  static async open(store: ObjectStore, key: string, byteLength?: number): Promise<ObjectSource> {
    const size = await store.size(key)
    if (size === undefined) return missing(key)
    if (byteLength !== undefined && size !== byteLength) {
      const offset = Math.min(size, byteLength)
      corrupt({ code: 'SEGMENT_CORRUPT', object: key, offset, what: 'size in bytes', got: size, want: byteLength })
    }
    return new ObjectSource(store, key, size)
  }

  async read(start: number, end: number, room?: Room): Promise<Uint8Array> {
    checkRange(this, start, end)
    const bytes = await this.#store.getRange(this.name, start, end, room)
    if (bytes === undefined) return missing(this.name)
    if (bytes.length !== end - start) {
      const what = `length of the range ${start} to ${end}`
      corrupt({
        code: 'SEGMENT_CORRUPT',
        object: this.name,
        offset: start,
        what,
        got: bytes.length,
        want: end - start,
      })
    }
    return bytes
  }
}

/** Offsets come out of other bytes of the object, so a wild one means damage. */
function checkRange({ name, byteLength }: ByteSource, start: number, end: number): void {
  if (start >= 0 && start <= end && end <= byteLength) return
  corrupt({
    code: 'SEGMENT_CORRUPT',
    object: name,
    offset: start,
    what: 'range of bytes that it names',
    got: `${start} to ${end}`,
    want: `within 0 to ${byteLength}`,
  })
}

function missing(key: string): never {
  return corrupt({
    code: 'OBJECT_MISSING',
    object: key,
    what: 'object',
    got: 'none',
    want: 'one that a manifest names',
  })
}
