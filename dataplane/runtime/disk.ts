/**
 * The real disk: `node:fs/promises` behind the `Disk` port. Paths are relative to `root`.
 *
 * Upholds the port's promises about durability (ING-1 rests on them): `sync` is `fdatasync`, which
 * also makes the size durable; entries of a folder become durable only by `syncFolder`.
 *
 * Reads are made at once, on this thread, as long as the page cache answers them (`QuickReads`); else by Node's threads.
 *
 * Does not: retry, cache, or hide a short read. Expects a local POSIX file system.
 */
import { constants, readSync } from 'node:fs'
import { type FileHandle, link, mkdir, open, readdir, rename, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { compareUtf8 } from '../../common/bytes/compare.ts'
import { type Disk, DiskError, type DiskErrorCode, type DiskFile, type OpenMode, type Room } from '../core/ports.ts'
import { QuickReads } from './quick-reads.ts'

const codes: Readonly<Record<string, DiskErrorCode>> = {
  ENOENT: 'missing',
  ENOTDIR: 'missing',
  EEXIST: 'exists',
  ENOSPC: 'full',
  EDQUOT: 'full',
  EFBIG: 'full',
}

const flags: Readonly<Record<OpenMode, number>> = {
  read: constants.O_RDONLY,
  write: constants.O_RDWR | constants.O_CREAT,
  create: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL,
}

/** The part of the file system below `root`. */
export function realDisk(root: string): Disk {
  const at = (path: string) => join(root, path)
  const quick = new QuickReads(() => performance.now())
  return {
    async list(folder) {
      try {
        return (await readdir(at(folder))).sort(compareUtf8)
      } catch (error) {
        const wrapped = wrap(error, folder, 'list')
        if (wrapped.code === 'missing') return []
        throw wrapped
      }
    },
    makeFolder: (path) => guard(path, 'make folder', async () => void (await mkdir(at(path), { recursive: true }))),
    open: (path, mode) =>
      guard(path, `open to ${mode}`, async () => new RealFile(path, await open(at(path), flags[mode]), quick)),
    rename: (from, to) => guard(from, `rename to ${to}`, () => rename(at(from), at(to))),
    link: (from, to) => guard(to, `link from ${from}`, () => link(at(from), at(to))),
    remove: (path) => guard(path, 'remove', () => unlink(at(path))),
    syncFolder: (path) =>
      guard(path, 'sync folder', async () => {
        const handle = await open(at(path), constants.O_RDONLY | constants.O_DIRECTORY)
        try {
          await handle.sync()
        } finally {
          await handle.close()
        }
      }),
  }
}

class RealFile implements DiskFile {
  readonly #path: string
  readonly #handle: FileHandle
  readonly #quick: QuickReads

  constructor(path: string, handle: FileHandle, quick: QuickReads) {
    this.#path = path
    this.#handle = handle
    this.#quick = quick
  }

  size(): Promise<number> {
    return guard(this.#path, 'size', async () => (await this.#handle.stat()).size)
  }

  read(offset: number, length: number, room?: Room): Promise<Uint8Array> {
    return guard(this.#path, `read ${length} bytes at ${offset}`, async () => {
      // Not from Node's pool: the bytes are handed out, and a small one must not keep a slab alive.
      const bytes = room?.bytes(length) ?? new Uint8Array(length)
      if (length === 0) return bytes
      const quick = this.#quick.try(length, () => readSync(this.#handle.fd, bytes, 0, length, offset))
      const bytesRead = quick ?? (await this.#handle.read(bytes, 0, length, offset)).bytesRead
      return bytes.subarray(0, bytesRead)
    })
  }

  write(offset: number, bytes: Uint8Array): Promise<void> {
    return guard(this.#path, `write ${bytes.length} bytes at ${offset}`, async () => {
      let written = 0
      while (written < bytes.length) {
        const { bytesWritten } = await this.#handle.write(bytes, written, bytes.length - written, offset + written)
        written += bytesWritten
      }
    })
  }

  truncate(size: number): Promise<void> {
    return guard(this.#path, `truncate to ${size}`, () => this.#handle.truncate(size))
  }

  sync(): Promise<void> {
    return guard(this.#path, 'sync', () => this.#handle.datasync())
  }

  close(): Promise<void> {
    return guard(this.#path, 'close', () => this.#handle.close())
  }
}

async function guard<Result>(path: string, action: string, run: () => Promise<Result>): Promise<Result> {
  try {
    return await run()
  } catch (error) {
    throw wrap(error, path, action)
  }
}

function wrap(error: unknown, path: string, action: string): DiskError {
  const { code, message } = error as NodeJS.ErrnoException
  return new DiskError(codes[code ?? ''] ?? 'io', path, `${action}: ${message}`, error)
}
