/**
 * Accepted events on their way to the log: requests are placed, gathered into one record a partition,
 * appended, and acknowledged when all their records are durable.
 *
 * Upholds ING-1: `accept` resolves only after every record with an event of the request was appended.
 * Records of a partition are appended in the order in which their rows were accepted, so a user's
 * events keep it. The queue is bounded: what would pass the bound is refused at once and may be sent
 * again. A failed append fails its requests and is not repeated here: the outcome is unknown, and the
 * caller may accept the same events again, since their insert ids make that safe (DED-1).
 *
 * Does not: validate, read the log, or know shards; it never waits for them (ING-2).
 */
import { assert, UnavailableError } from '../../common/errors/errors.ts'
import { type IngestLimits, ingestLimits } from '../core/limits.ts'
import type { Clock, LogWriter } from '../core/ports.ts'
import type { RecordRow, TapeRow } from '../log/record/contract.ts'
import { encodeRecord } from '../log/record/encode.ts'
import { EventTape } from '../log/record/tape.ts'
import type { Event } from '../schema/event.ts'
import { partitionOf } from '../schema/placement.ts'
import { Batch } from './batch.ts'
import { Placer } from './placer.ts'
import { PendingRequest } from './request.ts'

/** One by one, or on a sealed tape. */
export type AcceptedEvents = readonly Event[] | EventTape

export function countOf(events: AcceptedEvents): number {
  return events instanceof EventTape ? events.rows : events.length
}

export interface IngestRequest {
  /** Validated, in the order in which they were sent. */
  readonly events: AcceptedEvents
  /** Length of the body that they came in, uncompressed: what the request counts for in the queue. */
  readonly bytes: number
}

export interface IngestOptions {
  readonly log: LogWriter
  readonly clock: Clock
  readonly generation: number
  /** Spread of a project, the same for as long as this ingest lives; 16 by default. */
  readonly spreadOf?: (project: string) => number
  readonly limits?: Partial<IngestLimits>
}

export class Ingest {
  readonly #log: LogWriter
  readonly #clock: Clock
  readonly #generation: number
  readonly #placer: Placer
  readonly #limits: IngestLimits
  /** The open batch by partition. */
  readonly #open = new Map<number, Batch>()
  readonly #appends = new Set<Promise<void>>()
  #queuedBytes = 0
  #lingering = false
  #closed = false

  constructor({ log, clock, generation, spreadOf, limits }: IngestOptions) {
    this.#log = log
    this.#clock = clock
    this.#generation = generation
    this.#placer = new Placer(spreadOf)
    this.#limits = { ...ingestLimits, ...limits }
  }

  /** Bytes of bodies that are accepted and not settled. */
  get queuedBytes(): number {
    return this.#queuedBytes
  }

  /**
   * Resolves when every event is durable. Throws `UnavailableError`: `INGEST_BUSY` when nothing was
   * taken, what the log threw when some of the events may be durable and some not.
   */
  async accept({ events, bytes }: IngestRequest): Promise<void> {
    const { queueBytesMax, requestBytesMax } = this.#limits
    assert(bytes <= requestBytesMax, `a request of ${bytes} bytes, more than requestBytesMax ${requestBytesMax}`)
    if (this.#closed) throw new UnavailableError('INGEST_BUSY', 'this ingest is closing')
    // A request larger than what is left waits its turn, but never for ever: an empty queue takes any.
    if (this.#queuedBytes > 0 && this.#queuedBytes + bytes > queueBytesMax) {
      throw new UnavailableError('INGEST_BUSY', `${this.#queuedBytes} of ${queueBytesMax} bytes are queued`)
    }
    if (countOf(events) === 0) return
    this.#queuedBytes += bytes
    const request = new PendingRequest(bytes, () => {
      this.#queuedBytes -= bytes
    })
    if (events instanceof EventTape) {
      for (let row = 0; row < events.rows; row++) this.#add(this.#placer.placeOfTape(events, row), request)
    } else for (const event of events) this.#add(this.#placer.place(event), request)
    request.finished()
    this.#linger()
    await request.durable
  }

  /** Takes nothing more, appends what is open and resolves when nothing is under way. */
  async close(): Promise<void> {
    this.#closed = true
    this.#flush()
    await Promise.all(this.#appends)
  }

  #add(row: RecordRow | TapeRow, request: PendingRequest): void {
    const partition = partitionOf(row.position, this.#log.partitions)
    let batch = this.#open.get(partition)
    if (batch !== undefined && this.#isFull(batch, request)) {
      this.#send(partition, batch)
      batch = undefined
    }
    if (batch === undefined) {
      batch = new Batch()
      this.#open.set(partition, batch)
    }
    batch.add(row, request)
  }

  #isFull({ rows, bodyBytes, requests }: Batch, request: PendingRequest): boolean {
    const { recordRowsMax, recordBodyBytesMax } = this.#limits
    if (rows.length >= recordRowsMax) return true
    const isNew = requests[requests.length - 1] !== request
    return isNew && bodyBytes + request.bytes > recordBodyBytesMax
  }

  /** One timer for all partitions: the first row after a flush starts it. */
  async #linger(): Promise<void> {
    if (this.#lingering || this.#open.size === 0) return
    this.#lingering = true
    try {
      await this.#clock.sleep(this.#limits.lingerMs)
      this.#flush()
    } catch (error) {
      // A clock that stops is a process that ends: what waits for it must not wait for ever.
      for (const { requests } of this.#open.values()) for (const request of requests) request.failed(error)
      this.#open.clear()
    } finally {
      this.#lingering = false
    }
  }

  #flush(): void {
    for (const [partition, batch] of this.#open) this.#send(partition, batch)
  }

  #send(partition: number, batch: Batch): void {
    this.#open.delete(partition)
    const append = this.#append(partition, batch).finally(() => this.#appends.delete(append))
    this.#appends.add(append)
  }

  /** Never rejects: the outcome goes to the requests. */
  async #append(partition: number, batch: Batch): Promise<void> {
    try {
      await this.#log.append(partition, this.#encode(partition, batch))
    } catch (error) {
      for (const request of batch.requests) request.failed(error)
      return
    }
    for (const request of batch.requests) request.finished()
  }

  #encode(partition: number, batch: Batch): Uint8Array {
    const rows = batch.sorted()
    return encodeRecord({ generation: this.#generation, partition, rows, spreads: this.#placer.spreads(rows) })
  }
}
