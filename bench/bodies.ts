/** The workload as `/import` bodies, and bodies as validated events. */
import { scanEvents } from '../dataplane/ingest/scan/scan.ts'
import { validate } from '../dataplane/ingest/validate.ts'
import type { EventTape } from '../dataplane/log/record/tape.ts'
import type { Event } from '../dataplane/schema/event.ts'
import { importEvents } from '../workload/events.ts'
import { generate, type WorkloadOptions } from '../workload/generate.ts'
import { workloadEnd, workloadProject } from '../workload/shape.ts'

const context = { project: workloadProject, now: workloadEnd }

export interface Bodies {
  /** JSON arrays. */
  readonly bodies: readonly Buffer[]
  readonly rows: number
  /** Rows that are no later copy of another. */
  readonly visibleRows: number
}

/** At most `count` bodies of at most `size` events each, in arrival order. */
export function makeBodies(workload: WorkloadOptions, size: number, count = Number.POSITIVE_INFINITY): Bodies {
  const bodies: Buffer[] = []
  let rows = 0
  let visibleRows = 0
  for (const chunk of generate(workload)) {
    for (let at = 0; at < chunk.rows && bodies.length < count; at += size) {
      const end = Math.min(at + size, chunk.rows)
      bodies.push(Buffer.from(JSON.stringify(importEvents(chunk, at, end))))
      rows += end - at
      for (let row = at; row < end; row++) visibleRows += 1 - chunk.copy[row]
    }
  }
  return { bodies, rows, visibleRows }
}

/** A body as ingest takes it: in one pass over its bytes. Throws when an event of it is not plain. */
export function tapeOf(body: Buffer): EventTape {
  const scanned = scanEvents(body, {
    ...{ ...context, lines: false, eventsMax: Number.POSITIVE_INFINITY, containersMax: Number.POSITIVE_INFINITY },
    acceptsToken: () => true,
    parsed: () => undefined,
  })
  if (scanned?.tape.rows !== scanned?.events || scanned === undefined) throw new Error('a canonical event is not plain')
  return scanned.tape
}

/** Parses and validates a body. Throws when an event is refused. */
export function eventsOf(body: Buffer): Event[] {
  return (JSON.parse(body.toString('utf8')) as unknown[]).map((raw) => {
    const { event, error } = validate(raw, context)
    if (event === undefined) throw new Error(`a canonical event was refused: ${error.message}`)
    return event
  })
}
