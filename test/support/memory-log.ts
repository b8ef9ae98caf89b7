/** The log in memory: the smallest implementation of the port. Durable means appended. */
import { corrupt, UnavailableError } from '../../common/errors/errors.ts'
import type { LogEntry, LogWriter } from '../../dataplane/core/ports.ts'

export class MemoryLog implements LogWriter {
  readonly partitions: number
  readonly #records: Uint8Array[][]
  readonly #starts: number[]
  readonly #waiting = new Set<() => void>()
  #isClosed = false

  /** With `kept`: the records of a log that was closed, as one that is opened again. */
  constructor(partitions = 1, kept?: MemoryLog) {
    this.partitions = partitions
    this.#records = kept === undefined ? Array.from({ length: partitions }, () => []) : kept.#records
    this.#starts = kept === undefined ? new Array<number>(partitions).fill(0) : kept.#starts
  }

  async start(partition: number): Promise<number> {
    return this.#starts[partition]
  }

  async end(partition: number): Promise<number> {
    return this.#records[partition].length
  }

  async append(partition: number, record: Uint8Array): Promise<number> {
    this.#checkOpen()
    this.#records[partition].push(record)
    for (const wake of this.#waiting) wake()
    return this.#records[partition].length - 1
  }

  async read(partition: number, offset: number, bytesMax: number): Promise<LogEntry[]> {
    const records = this.#records[partition]
    const start = this.#starts[partition]
    if (offset < start || offset > records.length) {
      const object = `partition ${partition}`
      corrupt({ code: 'LOG_GAP', object, what: 'offset', got: offset, want: `${start} to ${records.length}` })
    }
    const entries: LogEntry[] = []
    let bytes = 0
    for (let at = offset; at < records.length; at++) {
      bytes += records[at].length
      if (entries.length > 0 && bytes > bytesMax) break
      entries.push({ partition, offset: at, bytes: records[at] })
    }
    return entries
  }

  async waitPast(partition: number, offset: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    while (this.#records[partition].length <= offset) {
      this.#checkOpen()
      await this.#woken(signal)
    }
  }

  /** Records stay in memory; they are only no longer given out. */
  async trim(partition: number, offset: number): Promise<void> {
    this.#starts[partition] = Math.max(this.#starts[partition], offset)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const wake of this.#waiting) wake()
  }

  #woken(signal: AbortSignal): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const leave = () => {
        this.#waiting.delete(wake)
        signal.removeEventListener('abort', abort)
      }
      const wake = () => {
        leave()
        resolve()
      }
      const abort = () => {
        leave()
        reject(signal.reason)
      }
      this.#waiting.add(wake)
      signal.addEventListener('abort', abort)
    })
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new UnavailableError('LOG_UNAVAILABLE', 'the log in memory is closed')
  }
}
