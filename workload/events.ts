/**
 * The workload as users send it: objects of the `/import` body, and NDJSON.
 */
import type { Value } from '../dataplane/schema/value.ts'
import type { WorkloadChunk, WorkloadProperty } from './chunk.ts'
import { userId } from './population.ts'
import { eventNames } from './vocabulary.ts'

/** One event in the shape of the `/import` body. */
export interface ImportEvent {
  readonly event: string
  readonly properties: Record<string, Value>
}

/** Events of rows `[start, end)` of a chunk, in order. */
export function importEvents(chunk: WorkloadChunk, start = 0, end = chunk.rows): ImportEvent[] {
  const events: ImportEvent[] = []
  for (let row = start; row < end; row++) {
    const properties: Record<string, Value> = {
      time: chunk.time[row],
      distinct_id: userId(chunk.seed, chunk.user[row]),
      $insert_id: uuidText(chunk.insertIds, row),
    }
    for (const property of chunk.properties) {
      const value = valueAt(property, row)
      if (value !== undefined) properties[property.name] = value
    }
    events.push({ event: eventNames[chunk.event[row]], properties })
  }
  return events
}

/** The same rows, one JSON object a line. */
export function toNdjson(chunk: WorkloadChunk, start = 0, end = chunk.rows): string {
  let text = ''
  for (const event of importEvents(chunk, start, end)) text += `${JSON.stringify(event)}\n`
  return text
}

/** The value of a property in a row; `undefined` = missing. */
export function valueAt(property: WorkloadProperty, row: number): Value | undefined {
  const code = property.codes[row]
  if (code === 0) return undefined
  return code === 1 ? property.numbers![row] : property.dictionary[code - 2]
}

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** The id of a row as a dashed lower-case UUID. */
export function uuidText(bytes: Uint8Array, row: number): string {
  let text = ''
  for (let i = 0; i < 16; i++) {
    if (i === 4 || i === 6 || i === 8 || i === 10) text += '-'
    text += hex[bytes[row * 16 + i]]
  }
  return text
}
