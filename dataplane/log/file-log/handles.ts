/** Open log files for reading: opened on demand, a bounded number kept, never closed under a reader. */
import type { Disk, DiskFile } from '../../core/ports.ts'

interface Handle {
  readonly file: Promise<DiskFile>
  users: number
  /** No longer in the table: closed when the last user leaves. */
  dropped: boolean
}

export class Handles {
  readonly #disk: Disk
  #max: number
  /** The least recently used first. */
  readonly #open = new Map<string, Handle>()

  constructor(disk: Disk, max = 32) {
    this.#disk = disk
    this.#max = max
  }

  /** Runs with the file open. Throws what `run` throws, or `DiskError`. */
  async use<Result>(path: string, run: (file: DiskFile) => Promise<Result>): Promise<Result> {
    const handle = this.#open.get(path) ?? { file: this.#disk.open(path, 'read'), users: 0, dropped: false }
    this.#open.delete(path)
    this.#open.set(path, handle)
    handle.users++
    try {
      const file = await handle.file
      return await run(file)
    } catch (error) {
      // A handle that failed is not worth keeping.
      if (this.#open.get(path) === handle) this.#drop(path, handle)
      throw error
    } finally {
      handle.users--
      if (handle.dropped && handle.users === 0) await close(handle)
      await this.#evict()
    }
  }

  /** Closes the file once nobody reads it. */
  async forget(path: string): Promise<void> {
    const handle = this.#open.get(path)
    if (handle === undefined) return
    this.#drop(path, handle)
    if (handle.users === 0) await close(handle)
  }

  /** Reads go on, but none leaves a file open. */
  async closeAll(): Promise<void> {
    this.#max = 0
    for (const path of [...this.#open.keys()]) await this.forget(path)
  }

  async #evict(): Promise<void> {
    for (const [path, handle] of this.#open) {
      if (this.#open.size <= this.#max) return
      if (handle.users === 0) await this.forget(path)
    }
  }

  #drop(path: string, handle: Handle): void {
    this.#open.delete(path)
    handle.dropped = true
  }
}

async function close(handle: Handle): Promise<void> {
  // A file that could not be opened needs no closing, and one opened to read has nothing to lose.
  await handle.file.then((file) => file.close()).catch(() => undefined)
}
