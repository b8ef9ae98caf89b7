/** Events of the ledger in the words of the oracle. */
import type { Json, LoggedEvent } from '../../oracle/event.ts'
import type { LedgerEvent } from './ledger.ts'

export function toOracle({ event, at }: LedgerEvent): LoggedEvent {
  return {
    project: event.project,
    event: event.event,
    distinct_id: event.distinctId,
    time: event.time,
    insert_id: event.insertId,
    properties: { ...event.properties } as { readonly [key: string]: Json },
    position: { partition: at.partition, offset: at.offset, index: at.index },
  }
}
