/**
 * Events with their log positions, one by one: for dumps, exports, tests and the simulator's checkers.
 * Slower than columns, which is what the tail reads.
 */

import { unpackInsertId } from '../../schema/insert-id.ts'
import { emptyProperties } from '../../schema/properties.ts'
import type { BlockRows, EventRecord, PlacedEvent } from './contract.ts'
import { decodeBlock } from './decode.ts'

/** The rows of a record in its order. `offset` is the record's in its partition. Throws `CorruptError`. */
export function* decodeEvents(record: EventRecord, offset: number): Generator<PlacedEvent> {
  const { generation, partition } = record
  for (const block of record.blocks) {
    const rows = decodeBlock(block)
    const properties = propertiesOf(rows)
    for (let row = 0; row < rows.rows; row++) {
      const user = rows.user[row]
      yield {
        event: {
          project: rows.project,
          event: rows.eventNames[rows.event[row]],
          distinctId: rows.userIds[user],
          time: rows.time[row],
          insertId: insertIdOf(rows, row),
          properties: properties[row],
        },
        h: rows.userHashes[user],
        at: { generation, partition, offset, index: rows.firstIndex + row },
      }
    }
  }
}

function propertiesOf(block: BlockRows) {
  const properties = Array.from({ length: block.rows }, emptyProperties)
  for (const { name, dictionary, rows, codes, numbers } of block.properties) {
    for (let i = 0; i < codes.length; i++) {
      const code = codes[i]
      properties[rows === undefined ? i : rows[i]][name] = code === 1 ? numbers![i] : dictionary[code - 2]
    }
  }
  return properties
}

function insertIdOf({ insertIds }: BlockRows, row: number): string {
  return insertIds.escapes.get(row) ?? unpackInsertId(insertIds.bytes, row * 16, insertIds.form[row])
}
