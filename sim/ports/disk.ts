/**
 * A process's way to a disk that it may share: each call waits for the scheduler before its effect and
 * before its reply, so that a crash can fall between any two, and two writers of one folder interleave.
 *
 * Does not: lose or tear anything (`sim/disk/` does, when power is cut).
 */
import type { Disk, DiskFile, OpenMode } from '../../dataplane/core/ports.ts'
import type { Life } from '../kernel/life.ts'
import type { Scheduler } from '../kernel/scheduler.ts'

export interface ProcessDiskOptions {
  readonly scheduler: Scheduler
  readonly life: Life
  /** True while a checker reads through this disk: then nothing waits. */
  readonly isAside?: () => boolean
  /** Told of each effect of a link. */
  readonly onLink?: () => void
}

export class ProcessDisk implements Disk {
  readonly #disk: Disk
  readonly #options: ProcessDiskOptions

  constructor(disk: Disk, options: ProcessDiskOptions) {
    this.#disk = disk
    this.#options = options
  }

  list(folder: string): Promise<string[]> {
    return this.#call('list', folder, () => this.#disk.list(folder))
  }

  makeFolder(path: string): Promise<void> {
    return this.#call('make folder', path, () => this.#disk.makeFolder(path))
  }

  async open(path: string, mode: OpenMode): Promise<DiskFile> {
    return this.#file(path, await this.#call(`open to ${mode}`, path, () => this.#disk.open(path, mode)))
  }

  rename(from: string, to: string): Promise<void> {
    return this.#call('rename to', to, () => this.#disk.rename(from, to))
  }

  link(from: string, to: string): Promise<void> {
    return this.#call('link to', to, () => {
      this.#options.onLink?.()
      return this.#disk.link(from, to)
    })
  }

  remove(path: string): Promise<void> {
    return this.#call('remove', path, () => this.#disk.remove(path))
  }

  syncFolder(path: string): Promise<void> {
    return this.#call('sync folder', path, () => this.#disk.syncFolder(path))
  }

  #file(path: string, file: DiskFile): DiskFile {
    return {
      size: () => this.#call('size', path, () => file.size()),
      read: (offset, length) => this.#call('read', path, () => file.read(offset, length)),
      write: (offset, bytes) => {
        const copy = bytes.slice()
        return this.#call('write', path, () => file.write(offset, copy))
      },
      truncate: (size) => this.#call('truncate', path, () => file.truncate(size)),
      sync: () => this.#call('sync', path, () => file.sync()),
      close: () => this.#call('close', path, () => file.close()),
    }
  }

  async #call<Result>(operation: string, path: string, act: () => Promise<Result>): Promise<Result> {
    const { scheduler, life, isAside } = this.#options
    if (isAside?.()) return act()
    const label = `disk ${operation} ${kindOf(path)}`
    await scheduler.pass(life, `${label} before`)
    try {
      return await act()
    } finally {
      await scheduler.pass(life, `${label} after`)
    }
  }
}

/** The path without what numbers and names one file among its like. */
function kindOf(path: string): string {
  return path.replace(/[0-9a-f]*[0-9][0-9a-f]*/g, '#')
}
