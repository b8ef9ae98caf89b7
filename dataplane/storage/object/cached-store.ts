/**
 * A store with a folder of its own in front: segments that were read once are kept on the local volume.
 *
 * ```
 * <folder>/<key, slashes as +>      the object's bytes | magic ABCH | u32 crc32 of the bytes | u64 length, little-endian
 * <folder>/<the same>.part          being written
 * ```
 * A read of what is not there goes to the store at once and lets the object be fetched behind it: an empty
 * volume answers like a full one, only slower. What is on the volume is believed after its checksum was read
 * once. The volume is never needed: whatever fails there is dropped and read from the store.
 *
 * Does not: keep anything but segments (manifests and pages are small), or write through: an object is durable
 * when the store says so.
 */
import { crc32 } from '../../../common/hash/crc32.ts'
import type { Disk, Logger, ObjectStore, Room } from '../../core/ports.ts'
import { OpenFiles } from './open-files.ts'

export interface CachedStoreOptions {
  readonly store: ObjectStore
  readonly disk: Disk
  readonly folder: string
  /** Bytes that the folder may hold; what was not read for longest goes first. */
  readonly bytesMax: number
  readonly logger: Logger
}

export interface CacheCounts {
  readonly hits: number
  readonly misses: number
  readonly bytes: number
  readonly objects: number
}

const cachedPrefix = 'segments/'
const chunkBytes = 4 * 1024 * 1024
const magic = 0x48434241
const trailerBytes = 16
const nameBytesMax = 240

interface FileRange {
  readonly start: number
  readonly end: number
  readonly room?: Room | undefined
}

interface Entry {
  readonly bytes: number
  isVerified: boolean
}

export class CachedStore implements ObjectStore {
  readonly #options: CachedStoreOptions
  readonly #files: OpenFiles
  /** In order of last use. */
  readonly #entries = new Map<string, Entry>()
  readonly #wanted = new Set<string>()
  #working: Promise<void> | undefined
  #bytes = 0
  #hits = 0
  #misses = 0

  /** Finds what the folder holds. Never throws: a folder that cannot be read is empty. */
  static async open(options: CachedStoreOptions): Promise<CachedStore> {
    const cache = new CachedStore(options)
    await cache.#adoptFolder().catch((error) => cache.#complain('the cache folder cannot be read', error))
    return cache
  }

  private constructor(options: CachedStoreOptions) {
    this.#options = options
    this.#files = new OpenFiles(options.disk)
  }

  get counts(): CacheCounts {
    return { hits: this.#hits, misses: this.#misses, bytes: this.#bytes, objects: this.#entries.size }
  }

  putIfAbsent(key: string, bytes: Uint8Array): Promise<'created' | 'exists'> {
    return this.#options.store.putIfAbsent(key, bytes)
  }

  list(prefix: string, options?: { after?: string; limit?: number }): Promise<string[]> {
    return this.#options.store.list(prefix, options)
  }

  async size(key: string): Promise<number | undefined> {
    const entry = this.#entries.get(key)
    return entry?.isVerified === true ? entry.bytes : this.#options.store.size(key)
  }

  async getRange(key: string, start: number, end: number, room?: Room): Promise<Uint8Array | undefined> {
    if (!isCached(key)) return this.#options.store.getRange(key, start, end, room)
    const entry = this.#entries.get(key)
    if (entry?.isVerified === true) {
      try {
        const bytes = await this.#readFile(key, { start, end: Math.min(end, entry.bytes), room })
        this.#hits++
        this.#touch(key, entry)
        return bytes
      } catch (error) {
        this.#complain('a cached object cannot be read', error, key)
        await this.drop(key)
      }
    }
    this.#misses++
    this.#want(key)
    return this.#options.store.getRange(key, start, end, room)
  }

  /** Forgets an object, for one: since its bytes turned out to be damaged. */
  async drop(key: string): Promise<void> {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#entries.delete(key)
    this.#bytes -= entry.bytes
    await this.#files.forget(this.#path(key)).catch(() => undefined)
    await this.#options.disk.remove(this.#path(key)).catch(() => undefined)
  }

  /** Waits for the object that is being fetched, if any, and closes the files that reads left open. */
  async close(): Promise<void> {
    this.#wanted.clear()
    await this.idle()
    await this.#files.close()
  }

  /** Resolves when nothing is being fetched. */
  async idle(): Promise<void> {
    await this.#working
  }

  #want(key: string): void {
    this.#wanted.add(key)
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined
    })
  }

  /** One object at a time: what queries wait for comes first. */
  async #work(): Promise<void> {
    for (const key of this.#wanted) {
      this.#wanted.delete(key)
      try {
        if (this.#entries.has(key)) await this.#verify(key)
        else await this.#fetch(key)
      } catch (error) {
        this.#complain('an object cannot be cached', error, key)
      }
    }
  }

  async #fetch(key: string): Promise<void> {
    const { store, disk, bytesMax } = this.#options
    const size = await store.size(key)
    if (size === undefined || size > bytesMax / 2) return
    await this.#makeRoom(size)
    const part = `${this.#path(key)}.part`
    await disk.makeFolder(this.#options.folder)
    const file = await disk.open(part, 'write')
    try {
      await file.truncate(0)
      let crc = 0
      for (let at = 0; at < size; at += chunkBytes) {
        const bytes = await store.getRange(key, at, Math.min(size, at + chunkBytes))
        if (bytes?.length !== Math.min(chunkBytes, size - at))
          throw new RangeError(`got ${bytes?.length} bytes at ${at}`)
        crc = crc32(bytes, crc)
        await file.write(at, bytes)
      }
      await file.write(size, trailer(crc, size))
    } finally {
      await file.close()
    }
    // Not synced: what a crash leaves half written fails its checksum and is fetched again.
    await disk.rename(part, this.#path(key))
    this.#entries.set(key, { bytes: size, isVerified: true })
    this.#bytes += size
  }

  /** Reads the whole file once. A file that is not what was written is dropped. */
  async #verify(key: string): Promise<void> {
    const entry = this.#entries.get(key)!
    if (entry.isVerified) return
    const end = await this.#readFile(key, { start: entry.bytes, end: entry.bytes + trailerBytes })
    const view = new DataView(end.buffer, end.byteOffset, end.byteLength)
    let crc = 0
    for (let at = 0; at < entry.bytes; at += chunkBytes) {
      crc = crc32(await this.#readFile(key, { start: at, end: Math.min(entry.bytes, at + chunkBytes) }), crc)
    }
    const isWhole =
      end.length === trailerBytes &&
      view.getUint32(0, true) === magic &&
      view.getUint32(4, true) === crc &&
      view.getBigUint64(8, true) === BigInt(entry.bytes)
    if (isWhole) entry.isVerified = true
    else await this.drop(key)
  }

  async #adoptFolder(): Promise<void> {
    const { disk, folder } = this.#options
    for (const name of await disk.list(folder)) {
      const key = name.replaceAll('+', '/')
      const file = isCached(key) && !name.endsWith('.part') ? await disk.open(`${folder}/${name}`, 'read') : undefined
      const size = (await file?.size()) ?? 0
      await file?.close()
      if (size < trailerBytes) await disk.remove(`${folder}/${name}`)
      else {
        this.#entries.set(key, { bytes: size - trailerBytes, isVerified: false })
        this.#bytes += size - trailerBytes
      }
    }
    await this.#makeRoom(0)
  }

  async #makeRoom(bytes: number): Promise<void> {
    for (const key of this.#entries.keys()) {
      if (this.#bytes + bytes <= this.#options.bytesMax) return
      await this.drop(key)
    }
  }

  #touch(key: string, entry: Entry): void {
    this.#entries.delete(key)
    this.#entries.set(key, entry)
  }

  async #readFile(key: string, { start, end, room }: FileRange): Promise<Uint8Array> {
    const bytes = await this.#files.read(this.#path(key), start, Math.max(start, end), room)
    if (bytes?.length !== Math.max(0, end - start))
      throw new RangeError(`got ${bytes?.length ?? 'no'} bytes at ${start}, want ${end - start}`)
    return bytes
  }

  #path(key: string): string {
    return `${this.#options.folder}/${key.replaceAll('/', '+')}`
  }

  #complain(message: string, error: unknown, key?: string): void {
    this.#options.logger.warn(message, { folder: this.#options.folder, ...(key && { key }), error })
  }
}

function isCached(key: string): boolean {
  return key.startsWith(cachedPrefix) && key.length <= nameBytesMax
}

function trailer(crc: number, bytes: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(trailerBytes))
  view.setUint32(0, magic, true)
  view.setUint32(4, crc, true)
  view.setBigUint64(8, BigInt(bytes), true)
  return new Uint8Array(view.buffer)
}
