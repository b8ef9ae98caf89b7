/**
 * Every event of a log with its position, as plain data: what an oracle, an export of last resort or a
 * person needs, read without the engine.
 *
 * Does not: need a running writer, or change anything. Of a log that a writer has open it shows what is
 * on disk, which may include a group that is about to be acknowledged.
 */
import type { Disk, LogEntry } from '../core/ports.ts'
import { openFileLogReader } from './file-log/open.ts'
import { decodeEvents } from './record/events.ts'
import { openRecord } from './record/open.ts'

export interface DumpedEvent {
  readonly project: string
  readonly event: string
  readonly distinct_id: string
  readonly time: number
  readonly insert_id: string
  readonly properties: Readonly<Record<string, unknown>>
  readonly generation: number
  readonly partition: number
  readonly offset: number
  readonly index: number
}

const readBytes = 1024 * 1024

/** All records still kept, by partition and offset. Throws `CorruptError`, `UnavailableError`. */
export async function* dumpRecords(disk: Disk, folder: string): AsyncGenerator<LogEntry> {
  const log = await openFileLogReader(disk, folder)
  try {
    for (let partition = 0; partition < log.partitions; partition++) {
      const end = await log.end(partition)
      for (let offset = await log.start(partition); offset < end; ) {
        const entries = await log.read(partition, offset, readBytes)
        yield* entries
        offset += entries.length
      }
    }
  } finally {
    await log.close()
  }
}

/** All events still kept, in log order within each partition. Throws as `dumpRecords`, and for records that do not decode. */
export async function* dumpEvents(disk: Disk, folder: string): AsyncGenerator<DumpedEvent> {
  for await (const { partition, offset, bytes } of dumpRecords(disk, folder)) {
    const record = openRecord(bytes, `${folder} partition ${partition} offset ${offset}`)
    for (const { event, at } of decodeEvents(record, offset)) {
      const { project, distinctId, insertId, time, properties } = event
      yield { project, event: event.event, distinct_id: distinctId, time, insert_id: insertId, properties, ...at }
    }
  }
}
