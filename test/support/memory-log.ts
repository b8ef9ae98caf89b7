/** The log in memory: the smallest implementation of the port. Durable means appended. */
import { corrupt } from '../../common/errors/errors.ts'
import type { LogEntry, LogWriter } from '../../dataplane/core/ports.ts'

export class MemoryLog implements LogWriter {
  readonly partitions: number
  readonly #records: Uint8Array[][]
  readonly #waiting = new Set<() => void>()

  constructor(partitions = 1) {
    this.partitions = partitions
    this.#records = Array.from({ length: partitions }, () => [])
  }

  async start(): Promise<number> {
    return 0
  }

  async end(partition: number): Promise<number> {
    return this.#records[partition].length
  }

  async append(partition: number, record: Uint8Array): Promise<number> {
    this.#records[partition].push(record)
    for (const wake of this.#waiting) wake()
    return this.#records[partition].length - 1
  }

  async read(partition: number, offset: number, bytesMax: number): Promise<LogEntry[]> {
    const records = this.#records[partition]
    if (offset > records.length) {
      const object = `partition ${partition}`
      corrupt({ code: 'LOG_GAP', object, what: 'offset', got: offset, want: `at most ${records.length}` })
    }
    const entries: LogEntry[] = []
    let bytes = 0
    for (let at = offset; at < records.length && (entries.length === 0 || bytes < bytesMax); at++) {
      bytes += records[at].length
      entries.push({ partition, offset: at, bytes: records[at] })
    }
    return entries
  }

  async waitPast(partition: number, offset: number, signal: AbortSignal): Promise<void> {
    while (this.#records[partition].length <= offset) {
      signal.throwIfAborted()
      await new Promise<void>((resolve, reject) => {
        const wake = () => {
          this.#waiting.delete(wake)
          resolve()
        }
        this.#waiting.add(wake)
        signal.addEventListener('abort', () => reject(signal.reason), { once: true })
      })
    }
  }

  async trim(): Promise<void> {}

  async close(): Promise<void> {}
}
