/**
 * Files that are read again and again, kept open: a query reads hundreds of ranges, and opening, measuring and closing
 * the file for each costs several times what the read does.
 *
 * A bounded number stays open; what was not used for longest is closed first. A file that is being read is closed when
 * the last read is done, never under it. A read that fails closes the file, so that the next one opens it anew.
 *
 * Only for files that never change under their path: the size is remembered. Who removes one calls `forget`. A file
 * that somebody else removed is read on until it is closed here.
 */
import { type Disk, DiskError, type DiskFile, type Room } from '../../core/ports.ts'
import { readUpTo } from '../../core/read-up-to.ts'

/** Enough for the segments of a shard; a process may open a thousand. */
const filesMax = 64

interface OpenFile {
  readonly file: DiskFile
  readonly size: number
}

interface Entry {
  /** `undefined`: there is no such file. */
  readonly opening: Promise<OpenFile | undefined>
  reads: number
  /** Nobody finds it any more; it is closed with its last read. */
  isDropped: boolean
}

export class OpenFiles {
  readonly #disk: Disk
  readonly #max: number
  /** By path, in order of last use. */
  readonly #entries = new Map<string, Entry>()

  constructor(disk: Disk, max: number = filesMax) {
    this.#disk = disk
    this.#max = max
  }

  /** Bytes `[start, end)` of a file, fewer where it ends before; `undefined` when it does not exist. Throws `DiskError`. */
  read(path: string, start: number, end: number, room?: Room): Promise<Uint8Array | undefined> {
    // Clamped: a range comes from bytes that may be damaged, and must not size an allocation.
    return this.#use(path, ({ file, size }) => readUpTo(file, start, Math.max(0, Math.min(end, size) - start), room))
  }

  /** Bytes of the file; `undefined` when it does not exist. Throws `DiskError`. */
  size(path: string): Promise<number | undefined> {
    return this.#use(path, async ({ size }) => size)
  }

  /** Closes the file, if it is open, when the reads of it are done. */
  async forget(path: string): Promise<void> {
    const entry = this.#entries.get(path)
    if (entry === undefined) return
    this.#entries.delete(path)
    await this.#drop(entry)
  }

  /** Closes all files; resolves when those that are not being read are closed. It can be used on. */
  async close(): Promise<void> {
    const entries = [...this.#entries.values()]
    this.#entries.clear()
    await Promise.all(entries.map((entry) => this.#drop(entry)))
  }

  async #use<Result>(path: string, act: (open: OpenFile) => Promise<Result>): Promise<Result | undefined> {
    const entry = this.#entry(path)
    entry.reads++
    try {
      const open = await entry.opening
      if (open !== undefined) return await act(open)
      // It may come any moment, so that it is not there is not remembered.
      this.#unlist(path, entry)
      return undefined
    } catch (error) {
      this.#unlist(path, entry)
      throw error
    } finally {
      entry.reads--
      if (entry.isDropped && entry.reads === 0) await closeEntry(entry)
    }
  }

  #entry(path: string): Entry {
    const known = this.#entries.get(path)
    const entry = known ?? { opening: this.#open(path), reads: 0, isDropped: false }
    if (known !== undefined) this.#entries.delete(path)
    this.#entries.set(path, entry)
    for (const [other, oldest] of this.#entries) {
      if (this.#entries.size <= this.#max) break
      this.#entries.delete(other)
      this.#drop(oldest).catch(() => {})
    }
    return entry
  }

  async #open(path: string): Promise<OpenFile | undefined> {
    let file: DiskFile
    try {
      file = await this.#disk.open(path, 'read')
    } catch (error) {
      if (error instanceof DiskError && error.code === 'missing') return undefined
      throw error
    }
    try {
      return { file, size: await file.size() }
    } catch (error) {
      await file.close()
      throw error
    }
  }

  #unlist(path: string, entry: Entry): void {
    if (this.#entries.get(path) === entry) this.#entries.delete(path)
    entry.isDropped = true
  }

  async #drop(entry: Entry): Promise<void> {
    entry.isDropped = true
    if (entry.reads === 0) await closeEntry(entry)
  }
}

async function closeEntry({ opening }: Entry): Promise<void> {
  const open = await opening.catch(() => undefined)
  await open?.file.close()
}
