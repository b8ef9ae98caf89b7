/**
 * What the log holds and has ever shown, read from its disk by a dump, and the checks that need nothing else (ING-1):
 *
 * - a record that was acknowledged or read by a shard never changes and never disappears, unless it was trimmed;
 * - every event in the log was sent, as sent;
 * - an event is in the log as many times as it was acknowledged, at least.
 *
 * Keeps events of trimmed records, since the oracle needs the whole history.
 */
import { xxh32 } from '../../common/hash/xxh32.ts'
import type { LogEntry } from '../../dataplane/core/ports.ts'
import { decodeEvents } from '../../dataplane/log/record/events.ts'
import { openRecord } from '../../dataplane/log/record/open.ts'
import type { Event, LogPosition, OffsetVector } from '../../dataplane/schema/event.ts'
import { violated } from './violation.ts'

/** An event where the log holds it. */
export interface LedgerEvent {
  readonly event: Event
  readonly h: number
  readonly at: LogPosition
}

interface LedgerRecord {
  readonly hash: number
  readonly events: readonly LedgerEvent[]
}

export class Ledger {
  /** By partition and offset. */
  readonly #records: Map<number, LedgerRecord>[]
  /** Hashes of records that somebody was shown or told of. */
  readonly #shown: Map<number, number>[]
  /** Records below may be gone, by partition. */
  readonly #trimmed: number[]
  readonly #sent = new Set<string>()
  readonly #acked = new Map<string, { readonly event: Event; count: number }>()

  constructor(partitions: number) {
    this.#records = Array.from({ length: partitions }, () => new Map())
    this.#shown = Array.from({ length: partitions }, () => new Map())
    this.#trimmed = new Array<number>(partitions).fill(0)
  }

  /** A client is about to send it. */
  sent(event: Event): void {
    this.#sent.add(contentOf(event))
  }

  /** A client was told that it is durable. */
  acked(event: Event): void {
    const known = this.#acked.get(contentOf(event))
    if (known === undefined) this.#acked.set(contentOf(event), { event, count: 1 })
    else known.count++
  }

  /** A record was read by a shard, or its writer was told that it is durable. */
  show({ partition, offset, bytes }: LogEntry): void {
    const hash = xxh32(bytes, 0)
    const shown = this.#shown[partition]!.get(offset) ?? hash
    if (shown !== hash) violated('ING-1', `record ${offset} of partition ${partition} was shown with two contents`)
    this.#shown[partition]!.set(offset, hash)
  }

  /** Somebody is about to trim a partition. */
  trimmed(partition: number, offset: number): void {
    this.#trimmed[partition] = Math.max(this.#trimmed[partition]!, offset)
  }

  /** Takes a dump of the whole log. */
  take(entries: readonly LogEntry[]): void {
    const before = this.#records.map((records) => [...records.keys()])
    const seen = this.#records.map(() => new Set<number>())
    for (const entry of entries) {
      seen[entry.partition]!.add(entry.offset)
      this.#takeRecord(entry)
    }
    for (const [partition, offsets] of before.entries()) {
      const gone = offsets.filter((offset) => offset >= this.#trimmed[partition]! && !seen[partition]!.has(offset))
      for (const offset of gone) this.#records[partition]!.delete(offset)
    }
    this.#checkShown()
  }

  /** A vector before which everything is durable, as far as anybody was told. */
  get durable(): OffsetVector {
    const ends = this.#shown.map((shown, partition): [number, number] => {
      return [partition, Math.max(0, ...[...shown.keys()].map((offset) => offset + 1))]
    })
    return { generation: 1, next: new Map(ends) }
  }

  /** Number of records of a partition up to the last one. */
  end(partition: number): number {
    return Math.max(0, ...[...this.#records[partition]!.keys()].map((offset) => offset + 1))
  }

  /** Events before a vector, in the order of the log. A partition that is absent contributes none. */
  before(next: ReadonlyMap<number, number>): LedgerEvent[] {
    return this.#records.flatMap((records, partition) => {
      const end = next.get(partition) ?? 0
      return Array.from({ length: end }, (_, offset) => {
        const record = records.get(offset)
        if (record !== undefined) return record.events
        return violated('ING-1', `an answer reflects record ${offset} of partition ${partition}, which the log lacks`)
      }).flat()
    })
  }

  /** Everything sent is as sent; everything acknowledged is there. */
  checkEvents(): void {
    const stored = new Map<string, number>()
    for (const { event, at } of this.#records.flatMap((records) =>
      [...records.values()].flatMap(({ events }) => events),
    )) {
      const content = contentOf(event)
      if (!this.#sent.has(content)) violated('ING-1', `nobody sent ${content} of ${positionText(at)}`)
      stored.set(content, (stored.get(content) ?? 0) + 1)
    }
    for (const [content, { count }] of this.#acked) {
      const got = stored.get(content) ?? 0
      if (got < count) violated('ING-1', `${content} was acknowledged ${count} times and is in the log ${got} times`)
    }
  }

  #takeRecord({ partition, offset, bytes }: LogEntry): void {
    const hash = xxh32(bytes, 0)
    if (this.#records[partition]!.get(offset)?.hash === hash) return
    const record = openRecord(bytes, `partition ${partition} offset ${offset}`)
    this.#records[partition]!.set(offset, { hash, events: [...decodeEvents(record, offset)] })
  }

  #checkShown(): void {
    for (const [partition, shown] of this.#shown.entries()) {
      for (const [offset, hash] of shown) {
        if (offset < this.#trimmed[partition]!) continue
        const got = this.#records[partition]!.get(offset)?.hash
        if (got === hash) continue
        const what = got === undefined ? 'is gone' : 'has another content now'
        violated('ING-1', `record ${offset} of partition ${partition}, acknowledged or read before, ${what}`)
      }
    }
  }
}

/** An event as text, equal for equal events. */
export function contentOf({ project, event, distinctId, time, insertId, properties }: Event): string {
  const entries = Object.entries(properties).sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify([project, event, distinctId, time, insertId, entries])
}

export const positionText = ({ partition, offset, index }: LogPosition) =>
  `partition ${partition} offset ${offset} index ${index}`
