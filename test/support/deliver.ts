/**
 * Events to the log and back: `deliver` appends one request, a record per partition, placed and sorted as ingest does
 * (ADR 0007); `dump` reads the whole log and says where each event lies, for the oracle.
 */

import type { LogReader, LogWriter } from '../../dataplane/core/ports.ts'
import type { RecordRow } from '../../dataplane/log/record/contract.ts'
import { encodeRecord } from '../../dataplane/log/record/encode.ts'
import { decodeEvents } from '../../dataplane/log/record/events.ts'
import { openRecord } from '../../dataplane/log/record/open.ts'
import { partitionOf, placementHash, position, projectBase, spreadMax } from '../../dataplane/schema/placement.ts'
import type { Json, LoggedEvent, SentEvent } from '../../oracle/event.ts'
import { eventOf } from './segments.ts'

export async function deliver(log: LogWriter, request: readonly SentEvent[]): Promise<void> {
  const partitions = new Map<number, RecordRow[]>()
  for (const sent of request) {
    const h = placementHash(sent.project, sent.distinct_id, sent.insert_id)
    const at = position(projectBase(sent.project), h, spreadMax)
    const partition = partitionOf(at, log.partitions)
    const rows = partitions.get(partition) ?? []
    partitions.set(partition, rows)
    rows.push({ event: eventOf(sent), h, position: at })
  }
  for (const [partition, rows] of partitions) {
    rows.sort((a, b) => a.position - b.position)
    await log.append(partition, encodeRecord({ generation: 1, partition, rows }))
  }
}

/** Every event of the log with its position, in the words of the oracle. */
export async function dump(log: LogReader): Promise<LoggedEvent[]> {
  const events: LoggedEvent[] = []
  for (let partition = 0; partition < log.partitions; partition++) {
    const end = await log.end(partition)
    for (let offset = await log.start(partition); offset < end; ) {
      for (const entry of await log.read(partition, offset, 1 << 20)) {
        const record = openRecord(entry.bytes, `partition ${partition} offset ${entry.offset}`)
        for (const { event, at } of decodeEvents(record, entry.offset)) {
          events.push({
            project: event.project,
            event: event.event,
            distinct_id: event.distinctId,
            time: event.time,
            insert_id: event.insertId,
            properties: event.properties as { readonly [key: string]: Json },
            position: { partition, offset: at.offset, index: at.index },
          })
        }
        offset = entry.offset + 1
      }
    }
  }
  return events
}
