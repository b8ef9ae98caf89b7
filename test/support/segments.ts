/**
 * Segments made straight from marked events, without log or shard: the shortest way from events to the query engine.
 * Events come in the order of the log; copies carry their mark already (DED-1 is the shard's to decide elsewhere).
 */

import type { Room } from '../../dataplane/core/ports.ts'
import type { ShardView, SourceView } from '../../dataplane/query/view.ts'
import { dayMs, type Event } from '../../dataplane/schema/event.ts'
import type { HashRange } from '../../dataplane/schema/placement.ts'
import { placementHash } from '../../dataplane/schema/placement.ts'
import { SliceBuilder } from '../../dataplane/storage/segment/builder.ts'
import type { Segment } from '../../dataplane/storage/segment/contract.ts'
import { encodeSegment } from '../../dataplane/storage/segment/encode.ts'
import { openSegment } from '../../dataplane/storage/segment/open.ts'
import { BytesSource } from '../../dataplane/storage/segment/source.ts'
import type { Json, StoredEvent } from '../../oracle/event.ts'

/** One segment of all the events. */
export function segmentOf(events: readonly StoredEvent[]): Promise<Segment> {
  const slices = new Map<string, SliceBuilder>()
  for (const event of events) {
    const day = Math.floor(event.time / dayMs)
    const key = `${day} ${event.project}`
    let slice = slices.get(key)
    if (slice === undefined) {
      slice = new SliceBuilder(event.project, day)
      slices.set(key, slice)
    }
    slice.add(eventOf(event), placementHash(event.project, event.distinct_id, event.insert_id), event.duplicate)
  }
  const { bytes } = encodeSegment([...slices.values()].map((slice) => slice.finish()))
  return openSegment(new CopyingSource(bytes))
}

/** Puts bytes where the reader wants them, as a file does: what uses them after they were given back gets others. */
class CopyingSource extends BytesSource {
  override async read(start: number, end: number, room?: Room): Promise<Uint8Array> {
    const bytes = await super.read(start, end)
    if (room === undefined) return bytes
    const copy = room.bytes(bytes.length)
    copy.set(bytes)
    return copy
  }
}

/** The event under the engine's names. */
export function eventOf(event: {
  project: string
  event: string
  distinct_id: string
  time: number
  insert_id: string
  properties: { readonly [key: string]: Json }
}): Event {
  return {
    project: event.project,
    event: event.event,
    distinctId: event.distinct_id,
    time: event.time,
    insertId: event.insert_id,
    properties: event.properties,
  }
}

/** A shard that reads the segments in this order, of every project the same range of hashes. */
export function shardOf(segments: readonly Segment[], range?: HashRange): ShardView {
  const sources = segments.map((segment): SourceView => ({ segment, ...(range && { clip: () => [range] }) }))
  return { at: { generation: 1, next: new Map([[0, 1]]) }, pending: 0, sources }
}
