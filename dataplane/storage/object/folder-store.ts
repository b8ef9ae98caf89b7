/**
 * An object store in a folder: the embedded default, one file per object at `<root>/<key>`.
 *
 * A put writes a temporary file, syncs it, hard-links it to its key and syncs the folder, so an object
 * is either absent or whole, and `link` is the atomic put-if-absent (MAN-1). It is durable when the put
 * resolves, and when a list shows it. Temporary files live in `<root>/.incoming`, which no key can name: a
 * crash leaves some there, a list never shows them, and only `gc/` deletes them.
 *
 * Objects that were read stay open (`open-files.ts`) until `close`.
 *
 * Does not: overwrite, delete, or cache bytes.
 */
import { unavailable } from '../../../common/errors/errors.ts'
import { type Disk, DiskError, type ObjectStore, type Random, type Room } from '../../core/ports.ts'
import { randomHex } from '../../core/random-hex.ts'
import { checkKey, checkPrefix, isObjectName } from './keys.ts'
import { OpenFiles } from './open-files.ts'

const incoming = '.incoming'

export class FolderStore implements ObjectStore {
  readonly #disk: Disk
  readonly #root: string
  /** Tells this process's temporary files from those of another or of a former life. */
  readonly #life: string
  #puts = 0
  /** Folders that this process made durable: their entry in the parent is synced. */
  readonly #folders = new Set<string>()
  readonly #files: OpenFiles

  /** `root` need not exist; its parent must. */
  constructor(disk: Disk, root: string, random: Random) {
    this.#disk = disk
    this.#root = root
    this.#files = new OpenFiles(disk)
    this.#life = randomHex(random, 8)
  }

  async putIfAbsent(key: string, bytes: Uint8Array): Promise<'created' | 'exists'> {
    checkKey(key)
    const path = `${this.#root}/${key}`
    const folder = path.slice(0, path.lastIndexOf('/'))
    const temporary = `${this.#root}/${incoming}/${this.#life}-${this.#puts++}`
    return this.#attempt(`put ${key} of ${bytes.length} bytes`, async () => {
      await this.#ensureFolder(`${this.#root}/${incoming}`)
      await this.#ensureFolder(folder)
      try {
        await this.#write(temporary, bytes)
        const outcome = await this.#link(temporary, path)
        // Also after `exists`: the other writer may not have got as far, and the caller acts on what it is told.
        await this.#disk.syncFolder(folder)
        return outcome
      } finally {
        // Also after a failure: what was written until the disk was full would keep it full.
        await this.#disk.remove(temporary).catch(() => undefined)
      }
    })
  }

  async getRange(key: string, start: number, end: number, room?: Room): Promise<Uint8Array | undefined> {
    checkKey(key)
    return this.#attempt(`read ${key}`, () => this.#files.read(`${this.#root}/${key}`, start, end, room))
  }

  async size(key: string): Promise<number | undefined> {
    checkKey(key)
    return this.#attempt(`read ${key}`, () => this.#files.size(`${this.#root}/${key}`))
  }

  /** Closes the objects that reads left open. The store can be used on. */
  close(): Promise<void> {
    return this.#files.close()
  }

  async list(prefix: string, options: { after?: string; limit?: number } = {}): Promise<string[]> {
    checkPrefix(prefix)
    const walk = { prefix, after: options.after ?? '', limit: options.limit ?? Number.POSITIVE_INFINITY, keys: [] }
    const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1)
    await this.#attempt(`list ${prefix}`, () => this.#walk(folder, walk))
    return walk.keys
  }

  /** Adds keys below `folder` ('' or ending in a slash) in byte order until the limit is reached. */
  async #walk(folder: string, walk: Walk): Promise<void> {
    const path = folder === '' ? this.#root : `${this.#root}/${folder.slice(0, -1)}`
    const names = await this.#disk.list(path)
    // A folder sorts by its name with the slash, as its keys do: `a-b.x` < `a.x` < `a/x.x`.
    const entries = names
      .filter((name) => !name.startsWith('.'))
      .map((name) => folder + (isObjectName(name) ? name : `${name}/`))
      .sort(byBytes)
    // A name is seen before it is durable. Who is shown a manifest acts on it (trims the log), so what a
    // writer that died did not sync is synced here, before it is shown.
    if (entries.some((entry) => !entry.endsWith('/') && entry.startsWith(walk.prefix) && entry > walk.after)) {
      await this.#disk.syncFolder(path)
    }
    for (const entry of entries) {
      if (walk.keys.length >= walk.limit) return
      if (!entry.endsWith('/')) {
        if (entry.startsWith(walk.prefix) && entry > walk.after) walk.keys.push(entry)
      } else if (overlaps(entry, walk.prefix) && mayHoldAfter(entry, walk.after)) await this.#walk(entry, walk)
    }
  }

  async #write(path: string, bytes: Uint8Array): Promise<void> {
    const file = await this.#disk.open(path, 'create')
    try {
      await file.write(0, bytes)
      await file.sync()
    } finally {
      await file.close()
    }
  }

  async #link(from: string, to: string): Promise<'created' | 'exists'> {
    try {
      await this.#disk.link(from, to)
      return 'created'
    } catch (error) {
      if (error instanceof DiskError && error.code === 'exists') return 'exists'
      throw error
    }
  }

  /** Makes a folder and its parents, each entry durable before anything is put inside. */
  async #ensureFolder(folder: string): Promise<void> {
    if (this.#folders.has(folder)) return
    const parent = folder.slice(0, Math.max(0, folder.lastIndexOf('/')))
    if (folder !== this.#root) await this.#ensureFolder(parent)
    await this.#disk.makeFolder(folder)
    await this.#disk.syncFolder(parent)
    this.#folders.add(folder)
  }

  /** What the disk reports becomes what a store reports. */
  async #attempt<Result>(what: string, act: () => Promise<Result>): Promise<Result> {
    try {
      return await act()
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      return unavailable('STORE_UNAVAILABLE', `folder store ${this.#root}: ${what}: ${error.message}`, error)
    }
  }
}

interface Walk {
  readonly prefix: string
  readonly after: string
  readonly limit: number
  readonly keys: string[]
}

// Keys are ASCII, so the order of UTF-16 units is the order of bytes.
const byBytes = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

const overlaps = (folder: string, prefix: string) => folder.startsWith(prefix) || prefix.startsWith(folder)

/** Keys below `folder` sort between `folder` and the same with its slash replaced by the next byte, `0`. */
const mayHoldAfter = (folder: string, after: string) => `${folder.slice(0, -1)}0` > after
