/**
 * The file that a writer appends to: made by it, written by nobody else, group after group. Making the
 * next file is what seals the one before it: its length goes into the next header.
 */
import { bug } from '../../../common/errors/errors.ts'
import type { Disk, DiskFile } from '../../core/ports.ts'
import { encodeFileHeader, encodeMark, type FileHeader, pagesOf, type SealedFile } from './file-header.ts'
import { logFileName, temporaryName } from './layout.ts'
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

  /** Makes the file, durably. Throws `DiskError`. */
  static async create(disk: Disk, folder: string, header: FileHeader): Promise<ActiveFile> {
    const name = logFileName({ epoch: header.writer.epoch, number: header.number })
    const place = { folder, name, temporary: temporaryName(header.writer, name) }
    const path = `${folder}/${name}`
    if (!(await createOnce(disk, place, encodeFileHeader(header))))
      bug(`${path} exists, but its epoch is ours`, 'ING-1')
    return new ActiveFile(header, path, await disk.open(path, 'write'))
  }

  get isEmpty(): boolean {
    return this.position === pagesOf(this.header.starts.length).groups
  }

  /** What the next file says of this one. */
  get seal(): SealedFile {
    return { epoch: this.header.writer.epoch, number: this.header.number, bytes: this.position }
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

  /** All of it was synced, so a close that fails loses nothing. */
  async close(): Promise<void> {
    await this.#file.close().catch(() => undefined)
  }
}
