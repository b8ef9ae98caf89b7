/** One real stream: NDJSON in the shape of the import body, zstd-compressed. `events` = as the oracle takes them. */
import { zstdDecompressSync } from 'node:zlib'
import type { Json, SentEvent } from '../../oracle/event.ts'

export interface ImportBody {
  readonly event: string
  readonly properties: { readonly [key: string]: Json }
}

export function readBodies(compressed: Uint8Array): ImportBody[] {
  const text = zstdDecompressSync(compressed).toString('utf8')
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as ImportBody]))
}

/** What the sender meant, by the words of the import API: three reserved properties are fields. */
export function sentEvent(body: ImportBody, project: string): SentEvent {
  const { time, distinct_id, $insert_id, ...properties } = body.properties
  return {
    project,
    event: body.event,
    distinct_id: distinct_id as string,
    time: time as number,
    insert_id: $insert_id as string,
    properties,
  }
}
