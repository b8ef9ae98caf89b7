/**
 * The log of one process: appends are gathered into groups, and one fsync makes a group durable for
 * all partitions (ADR 0008).
 *
 * Upholds ING-1: an append resolves only after its group was synced and this writer was found to be
 * still the writer. Whatever fails on the way (disk full, failed fsync, another writer) fails the log:
 * every waiting append rejects, nothing later is acknowledged, reads of what is durable go on. Opening
 * anew finds everything that was acknowledged. A failed fsync is never tried again: what the disk has
 * then is unknown.
 *
 * Does not: bound its queue (ingest does), read what `recover.ts` has not found, or retry.
 */
import { assert, bug, UnavailableError } from '../../../common/errors/errors.ts'
import { type Disk, DiskError, type LogEntry, type LogWriter } from '../../core/ports.ts'
import { ActiveFile } from './active-file.ts'
import { asUnavailable } from './as-unavailable.ts'
import { verifyEpoch } from './epoch.ts'
import { encodeGroup, groupBytesFor } from './group.ts'
import { Handles } from './handles.ts'
import type { Identity } from './identity.ts'
import { frameEntryBytes, groupBytesMax, recordBytesMax } from './layout.ts'
import { readRecords } from './read.ts'
import type { RecordIndex } from './record-index.ts'
import { type TrimmedFile, Trimmer } from './trimmer.ts'
import { Waiters } from './waiters.ts'

interface Append {
  readonly partition: number
  readonly record: Uint8Array
  readonly resolve: (offset: number) => void
  readonly reject: (error: unknown) => void
}

/** What `openFileLog` found; the log starts from it. */
export interface FileLogState {
  readonly disk: Disk
  readonly folder: string
  readonly identity: Identity
  readonly active: ActiveFile
  readonly index: RecordIndex
  readonly nextGroup: number
  readonly fileBytesMax: number
  /** Files before the active one, the oldest first. */
  readonly sealed: readonly TrimmedFile[]
  readonly trimPoints: readonly number[]
}

export class FileLog implements LogWriter {
  readonly #disk: Disk
  readonly #folder: string
  readonly #identity: Identity
  readonly #index: RecordIndex
  readonly #fileBytesMax: number
  readonly #handles: Handles
  readonly #trimmer: Trimmer
  readonly #waiters = new Waiters()
  #active: ActiveFile
  /** Number of the active file in the index. */
  #activeNumber: number
  #nextGroup: number
  #pending: Append[] = []
  #committing: Promise<void> | undefined = undefined
  #failure: unknown = undefined
  #groups = 0
  #closed = false

  constructor(state: FileLogState) {
    this.#disk = state.disk
    this.#folder = state.folder
    this.#identity = state.identity
    this.#active = state.active
    this.#index = state.index
    this.#activeNumber = state.index.addFile(state.active.path)
    this.#nextGroup = state.nextGroup
    this.#fileBytesMax = state.fileBytesMax
    this.#handles = new Handles(state.disk)
    this.#trimmer = new Trimmer({ ...state, handles: this.#handles })
  }

  get partitions(): number {
    return this.#index.partitions
  }

  /** Groups made durable since opening: fsyncs of data. */
  get groups(): number {
    return this.#groups
  }

  async start(partition: number): Promise<number> {
    return this.#index.start(partition)
  }

  async end(partition: number): Promise<number> {
    return this.#index.end(partition)
  }

  async read(partition: number, offset: number, bytesMax: number): Promise<LogEntry[]> {
    const request = { folder: this.#folder, partition, offset, bytesMax }
    try {
      return await readRecords(this.#index, this.#handles, request)
    } catch (error) {
      // A file that was trimmed while it was read: the index says now that it is gone.
      if (error instanceof DiskError && offset < this.#index.start(partition)) {
        return readRecords(this.#index, this.#handles, request)
      }
      // Who asks for more than this writer has may have read it from a later one. That is no gap in the log.
      if (offset > this.#index.end(partition)) await this.#verify()
      throw asUnavailable(error, this.#folder)
    }
  }

  /**
   * Throws `UnavailableError` while nothing can be appended: what failed the log, or that a later writer has opened it,
   * which fails it; or that the disk does not say.
   */
  async check(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    await this.#verify()
  }

  async #verify(): Promise<void> {
    try {
      await verifyEpoch(this.#disk, this.#folder, this.#identity)
    } catch (error) {
      if (error instanceof UnavailableError) this.#fail(error)
      throw asUnavailable(error, this.#folder)
    }
  }

  waitPast(partition: number, offset: number, signal: AbortSignal): Promise<void> {
    if (!signal.aborted && this.#index.end(partition) > offset) return Promise.resolve()
    return this.#waiters.wait(partition, offset, signal)
  }

  append(partition: number, record: Uint8Array): Promise<number> {
    assert(record.length > 0 && record.length <= recordBytesMax, 'a record is empty or larger than recordBytesMax')
    if (partition >>> 0 !== partition || partition >= this.partitions) bug(`append to partition ${partition}`)
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return new Promise((resolve, reject) => {
      this.#pending.push({ partition, record, resolve, reject })
      this.#committing ??= this.#commitAll()
    })
  }

  async trim(partition: number, offset: number): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    const end = this.#index.end(partition)
    // A point that is no offset would be durable, and the log would not open with it.
    if (!Number.isSafeInteger(offset) || offset > end)
      bug(`trim of partition ${partition} at ${offset}, it ends at ${end}`)
    try {
      await this.#trimmer.trim(partition, offset, this.#index)
    } catch (error) {
      throw asUnavailable(error, this.#folder)
    }
  }

  /** Finishes what was appended, then closes. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    while (this.#committing !== undefined) await this.#committing
    this.#fail(new UnavailableError('LOG_UNAVAILABLE', `${this.#folder}: the log is closed`))
    await this.#handles.closeAll()
    await this.#active.close()
  }

  async #commitAll(): Promise<void> {
    // Appends of the same tick belong in one group.
    await Promise.resolve()
    while (this.#pending.length > 0) {
      const batch = this.#takeBatch()
      try {
        await this.#commit(batch)
      } catch (error) {
        this.#fail(await this.#explain(error), batch)
      }
    }
    this.#committing = undefined
  }

  /** As many waiting appends as fit a group, in order, at least one. */
  #takeBatch(): Append[] {
    let bytes = 0
    let count = 0
    while (count < this.#pending.length) {
      bytes += this.#pending[count].record.length + frameEntryBytes
      if (count > 0 && bytes > groupBytesMax) break
      count++
    }
    return this.#pending.splice(0, count)
  }

  async #commit(batch: readonly Append[]): Promise<void> {
    if (this.#active.position + groupBytesFor(batch.map(({ record }) => record)) > this.#fileBytesMax) {
      if (!this.#active.isEmpty) await this.#rotate()
    }
    const placed = this.#place(batch)
    const inFile = placed.toSorted((a, b) => a.partition - b.partition)
    const { bytes, frames } = encodeGroup(this.#identity, this.#nextGroup, inFile)
    const { position } = this.#active
    await this.#active.append(bytes)
    await verifyEpoch(this.#disk, this.#folder, this.#identity)
    this.#nextGroup++
    this.#groups++
    for (const { partition, start, bytes, crc } of frames) {
      this.#index.add(partition, { file: this.#activeNumber, position: position + start, bytes, crc })
    }
    for (const { resolve, offset } of placed) resolve(offset)
    for (const partition of new Set(frames.map((frame) => frame.partition))) {
      this.#waiters.wake(partition, this.#index.end(partition))
    }
    await this.#markDurable()
  }

  /** Gives offsets in the order of the appends. */
  #place(batch: readonly Append[]): (Append & { readonly offset: number })[] {
    const next = new Map<number, number>()
    return batch.map((append) => {
      const offset = next.get(append.partition) ?? this.#index.end(append.partition)
      next.set(append.partition, offset + 1)
      return { ...append, offset }
    })
  }

  /** The group is acknowledged by now, so a failure here concerns only what comes later. */
  async #markDurable(): Promise<void> {
    try {
      await this.#active.mark()
    } catch (error) {
      this.#fail(asUnavailable(error, this.#active.path))
    }
  }

  async #rotate(): Promise<void> {
    const full = this.#active
    const header = {
      ...full.header,
      number: full.header.number + 1,
      previous: full.seal,
      firstGroup: this.#nextGroup,
      starts: this.#index.ends(),
    }
    this.#active = await ActiveFile.create(this.#disk, this.#folder, header)
    this.#activeNumber = this.#index.addFile(this.#active.path)
    this.#trimmer.addSealed({ path: full.path, next: header.starts })
    await full.close()
  }

  /** Why a commit failed. A successor tidies up after the writer before it, so a file that is missing may mean being fenced. */
  async #explain(error: unknown): Promise<unknown> {
    if (!(error instanceof DiskError)) return error
    try {
      await verifyEpoch(this.#disk, this.#folder, this.#identity)
    } catch (fenced) {
      if (fenced instanceof UnavailableError) return fenced
    }
    return asUnavailable(error, `${this.#active.path}: group ${this.#nextGroup}`)
  }

  /** `batch`: appends that were being committed. */
  #fail(error: unknown, batch: readonly Append[] = []): void {
    this.#failure ??= error
    for (const { reject } of batch.concat(this.#pending.splice(0))) reject(this.#failure)
    this.#waiters.end(this.#failure)
  }
}
