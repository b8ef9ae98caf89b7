/**
 * A line of the import format as it is stored, written from `docs/reference/events.md` and not from ingest's code: what
 * both sides took for granted together would never be found (QRY-1).
 */
import type { Json, SentEvent } from '../../oracle/event.ts'

const textMax = 255
const secondsBelow = 31_536_000_000

/** For lines that the cluster took. */
export function storedEvent(line: string, project: string): SentEvent {
  const { event, properties: sent } = JSON.parse(line) as { event: string; properties: { [key: string]: Json } }
  const { time, distinct_id, $insert_id, token: _, ...properties } = sent
  const at = time as number
  return {
    project,
    event: cut(event),
    distinct_id: distinct_id as string,
    time: Math.round(at < secondsBelow ? at * 1000 : at),
    insert_id: $insert_id as string,
    properties: cutEntries(properties),
  }
}

/** Names and strings keep their first 255 characters, in lists and objects too. */
function cutEntries(entries: { readonly [key: string]: Json }): { readonly [key: string]: Json } {
  return Object.fromEntries(Object.entries(entries).map(([key, value]) => [cut(key), cutValue(value)]))
}

function cutValue(value: Json): Json {
  if (typeof value === 'string') return cut(value)
  if (Array.isArray(value)) return value.map(cutValue)
  return typeof value === 'object' && value !== null ? cutEntries(value as { readonly [key: string]: Json }) : value
}

function cut(text: string): string {
  return text.length <= textMax ? text : Array.from(text).slice(0, textMax).join('')
}
