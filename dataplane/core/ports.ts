/**
 * The one door for effects: every touch of time, chance, disk, store, log and threads goes through
 * an interface of this file. Real clock, chance, disk and threads live in `dataplane/runtime/`; the log
 * (`dataplane/log/file-log/`) and the store (`dataplane/storage/object/`) are built on the disk; simulated ones
 * live in `sim/`, small ones for tests in `test/support/`. Disk and store each have one suite that the real
 * and the simulated one pass. Everything else is pure, so one seed of the simulator is one history.
 *
 * Does not: hold any logic. Kubernetes and network ports arrive with the roles that need them.
 */

/** Milliseconds since 1970-01-01T00:00:00Z, an integer. */
export type Millis = number

export interface Clock {
  /** Wall clock. */
  now(): Millis
  /** A clock that never goes back, in fractional ms, for durations only. */
  monotonic(): number
  /** Resolves after `ms`; rejects with `signal.reason` when aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export interface Random {
  /** `length` bytes of entropy. */
  bytes(length: number): Uint8Array
}

export interface Logger {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void
  error(message: string, fields?: Readonly<Record<string, unknown>>): void
}

/** Memory of who asks for bytes, to put them in. Their content is not defined before. */
export interface Room {
  bytes(length: number): Uint8Array
}

/** A file system as far as a log and a folder store need one. Paths are `/`-separated. Missing paths throw `DiskError`. */
export interface Disk {
  /** Names in a folder, sorted by bytes. An absent folder is empty. */
  list(folder: string): Promise<string[]>
  makeFolder(path: string): Promise<void>
  open(path: string, mode: OpenMode): Promise<DiskFile>
  rename(from: string, to: string): Promise<void>
  /** Hard link. Throws `DiskError` with code `exists` when `to` exists: the atomic put-if-absent of a folder store. */
  link(from: string, to: string): Promise<void>
  remove(path: string): Promise<void>
  /** Makes the entries of a folder durable (fsync of the folder). */
  syncFolder(path: string): Promise<void>
}

/** `read`: must exist. `write`: created when absent, never truncated. `create`: must not exist (`exists` otherwise). */
export type OpenMode = 'read' | 'write' | 'create'

export interface DiskFile {
  size(): Promise<number>
  /** At most `length` bytes from `offset`; shorter at the end of the file *or at the disk's whim*: use `readUpTo`. In `room`, if the disk cares to. */
  read(offset: number, length: number, room?: Room): Promise<Uint8Array>
  /** Writes all bytes or throws; after a throw any prefix may have been written. */
  write(offset: number, bytes: Uint8Array): Promise<void>
  truncate(size: number): Promise<void>
  /** Durable when it resolves. After a throw the file's unsynced content is unknown: reopen, never retry. */
  sync(): Promise<void>
  close(): Promise<void>
}

export type DiskErrorCode = 'missing' | 'exists' | 'full' | 'io'

export class DiskError extends Error {
  override readonly name = 'DiskError'
  readonly code: DiskErrorCode
  readonly path: string

  constructor(code: DiskErrorCode, path: string, message: string, cause?: unknown) {
    super(`${path}: ${message}`, cause === undefined ? undefined : { cause })
    this.code = code
    this.path = path
  }
}

/** An object store. Objects are immutable: there is no overwrite. Only `gc/` may ever delete, by a port of its own. */
export interface ObjectStore {
  /**
   * Writes the object unless the key exists. Durable when it resolves.
   * Throws `UnavailableError`; the outcome is then unknown (the object may exist): read it back.
   */
  putIfAbsent(key: string, bytes: Uint8Array): Promise<'created' | 'exists'>
  /** Bytes `[start, end)`, fewer only where the object ends before: what that means, the caller knows. `undefined` when it does not exist. In `room`, if the store cares to. */
  getRange(key: string, start: number, end: number, room?: Room): Promise<Uint8Array | undefined>
  /** Byte length, or `undefined` when it does not exist. */
  size(key: string): Promise<number | undefined>
  /** Keys with the prefix in byte order, strictly after `after`, at most `limit`. */
  list(prefix: string, options?: { after?: string; limit?: number }): Promise<string[]>
}

/** One record as the log keeps it. `offset` counts records of the partition, from 0. */
export interface LogEntry {
  readonly partition: number
  readonly offset: number
  readonly bytes: Uint8Array
}

/** The log as a reader sees it. Every record before `end` is durable. */
export interface LogReader {
  readonly partitions: number
  /** First offset still kept. */
  start(partition: number): Promise<number>
  /** Offset after the last durable record. */
  end(partition: number): Promise<number>
  /**
   * Records from `offset` on, in order, up to about `bytesMax` (at least one when there is one).
   * Throws `CorruptError` `LOG_GAP` when `offset` was trimmed or lies past the end.
   */
  read(partition: number, offset: number, bytesMax: number): Promise<LogEntry[]>
  /** Resolves when `end(partition) > offset`, or rejects with `signal.reason`. */
  waitPast(partition: number, offset: number, signal: AbortSignal): Promise<void>
}

/** The log as its one writer sees it. */
export interface LogWriter extends LogReader {
  /** Resolves with the offset once durable. Throws `UnavailableError`: the outcome is then unknown, ids make a retry safe. */
  append(partition: number, record: Uint8Array): Promise<number>
  /** Drops records below `offset` (whole files only, so some may stay). */
  trim(partition: number, offset: number): Promise<void>
  close(): Promise<void>
}

/** Work that must stay off the serving thread: merging runs, encoding and checking a cut. The small one runs it inline, the real one in a worker thread. */
export interface Background {
  /** Input and output are structured-cloneable; see `dataplane/runtime/background.ts`. */
  run<Output>(task: BackgroundTask, input: unknown): Promise<Output>
}

/** Names of tasks that a `Background` can run; the table of implementations is given to it when it is made. */
export type BackgroundTask = 'mergeRuns' | 'digestSegment'
