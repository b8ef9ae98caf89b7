/**
 * The file that a writer appends to: made by it, written by nobody else, group after group.
 *
 * Making the next file is what seals the one before it (its length goes into the next header), and
 * the name can be taken only once: of a fenced writer and its successor exactly one goes on.
 */
import { unavailable } from '../../../common/errors/errors.ts'
import type { Disk, DiskFile } from '../../core/ports.ts'
import { temporaryName } from './epoch.ts'
import { encodeFileHeader, encodeMark, type FileHeader, pagesOf } from './file-header.ts'
import { logFileName } from './layout.ts'
import { createOnce } from './small-file.ts'

export class ActiveFile {
  readonly header: FileHeader
  readonly path: string
  readonly #file: DiskFile
  /** Where the next group goes. */
  position: number

  private constructor(header: FileHeader, path: string, file: DiskFile) {
    this.header = header
    this.path = path
    this.#file = file
    this.position = pagesOf(header.starts.length).groups
  }

  /** Makes the file durably, or answers `undefined` when another writer has taken the number. */
  static async create(disk: Disk, folder: string, header: FileHeader): Promise<ActiveFile | undefined> {
    const name = logFileName(header.number)
    const temporary = temporaryName(header.writer, name)
    if (!(await createOnce(disk, { folder, name, temporary }, encodeFileHeader(header)))) return undefined
    const path = `${folder}/${name}`
    return new ActiveFile(header, path, await disk.open(path, 'write'))
  }

  get isEmpty(): boolean {
    return this.position === pagesOf(this.header.starts.length).groups
  }

  /** Writes a group behind the last one and makes it durable. `position` moves only when it is. */
  async append(group: Uint8Array): Promise<void> {
    await this.#file.write(this.position, group)
    await this.#file.sync()
    this.position += group.length
  }

  /** Notes how far the file is durable. Not synced: an older mark, or none, is as true as a new one. */
  async mark(): Promise<void> {
    await this.#file.write(pagesOf(this.header.starts.length).mark, encodeMark(this.position))
  }

  async close(): Promise<void> {
    await this.#file.close()
  }
}

/** Throws the error of a writer that was replaced. */
export function fenced(path: string): never {
  unavailable('LOG_FENCED', `${path}: another writer has made this file`)
}
