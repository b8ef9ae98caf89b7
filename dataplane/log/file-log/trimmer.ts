/**
 * Forgets what nobody needs: trim points first, durably, then whole files from the oldest on. A file that
 * went before its points were durable would be missing without an explanation, and the log would not open.
 *
 * Does not: know who needs what; the caller trims below the lowest offset that anybody still needs.
 */
import { type Disk, DiskError } from '../../core/ports.ts'
import { verifyEpoch } from './epoch.ts'
import type { Handles } from './handles.ts'
import type { Identity } from './identity.ts'
import type { RecordIndex } from './record-index.ts'
import { writeTrimPoints } from './trim-points.ts'

/** A sealed file: it may go when every partition's trim point has reached the start of the next one. */
export interface TrimmedFile {
  readonly path: string
  /** Start offsets of the file after it. */
  readonly next: readonly number[]
}

export class Trimmer {
  readonly #disk: Disk
  readonly #folder: string
  readonly #identity: Identity
  readonly #handles: Handles
  readonly #sealed: TrimmedFile[]
  readonly #points: number[]
  /** The points are on disk, and a writer that opens later finds them. */
  #areDurable = true
  /** Trims run one after the other: their points are written to one file. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(state: {
    disk: Disk
    folder: string
    identity: Identity
    handles: Handles
    sealed: readonly TrimmedFile[]
    trimPoints: readonly number[]
  }) {
    this.#disk = state.disk
    this.#folder = state.folder
    this.#identity = state.identity
    this.#handles = state.handles
    this.#sealed = [...state.sealed]
    this.#points = [...state.trimPoints]
  }

  addSealed(file: TrimmedFile): void {
    this.#sealed.push(file)
  }

  /** Throws `DiskError` or `UnavailableError`; the points may then be durable or not, and trimming again is safe. */
  trim(partition: number, offset: number, index: RecordIndex): Promise<void> {
    const done = this.#turn.then(() => this.#trim(partition, offset, index))
    this.#turn = done.catch(() => undefined)
    return done
  }

  async #trim(partition: number, offset: number, index: RecordIndex): Promise<void> {
    if (offset > this.#points[partition]) {
      this.#points[partition] = offset
      this.#areDurable = false
    }
    if (!this.#areDurable) await this.#writePoints()
    const files = this.#sealed.slice(0, this.#removable())
    if (files.length === 0) return
    // Readers must learn that the records are gone before the files are.
    index.dropBefore(files[files.length - 1].next)
    for (const { path } of files) {
      await this.#handles.forget(path)
      await removeIfThere(this.#disk, path)
      this.#sealed.shift()
    }
    await this.#disk.syncFolder(this.#folder)
  }

  async #writePoints(): Promise<void> {
    await verifyEpoch(this.#disk, this.#folder, this.#identity)
    await writeTrimPoints(this.#disk, { folder: this.#folder, identity: this.#identity }, this.#points)
    // A successor that opened meanwhile may have read the points before these and removed their file.
    await verifyEpoch(this.#disk, this.#folder, this.#identity)
    this.#areDurable = true
  }

  /** How many files from the oldest on are below every trim point. */
  #removable(): number {
    const kept = this.#sealed.findIndex(({ next }) => next.some((start, partition) => start > this.#points[partition]))
    return kept === -1 ? this.#sealed.length : kept
  }
}

/** A writer before this one may have been removing the same file. */
async function removeIfThere(disk: Disk, path: string): Promise<void> {
  await disk.remove(path).catch((error: unknown) => {
    if (!(error instanceof DiskError && error.code === 'missing')) throw error
  })
}
