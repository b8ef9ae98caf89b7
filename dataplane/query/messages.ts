/**
 * What a query pod and a replica say to each other, as JSON in bytes: a document with the phase or the form
 * that is wanted, a partial with its cost.
 *
 * The document itself is parsed anew by the replica, which refuses what it does not know.
 */
import { corrupt, UserError } from '../../common/errors/errors.ts'
import type { Cost } from './cost.ts'
import type { ExportRow } from './export/row.ts'
import { partialFromJson, partialToJson, phaseFromJson, phaseToJson } from './phase-json.ts'
import type { Partials, Phase, PhaseOf } from './phases.ts'

/** Limits that a query pod may narrow. */
export interface MessageLimits {
  readonly scanBytesMax?: number
}

export interface PartialMessage {
  readonly query: unknown
  readonly phase: Phase
  readonly limits: MessageLimits
}

/** `native`: the lines of the query page. `raw`: those of the reference system's export, times in seconds or ms. */
export type LineForm = 'native' | 'raw' | 'rawMs'

export interface ExportMessage {
  readonly query: unknown
  readonly form: LineForm
  /** Lines to leave out at the start. */
  readonly skip: number
  readonly limits: MessageLimits
}

/** A partial larger than this is refused: it must fit a message. */
export const partialBytesMax = 60 * 1024 * 1024

export function writePartialMessage({ query, phase, limits }: PartialMessage): Buffer {
  return Buffer.from(JSON.stringify({ query, phase: phaseToJson(phase), limits }))
}

/** Throws `CorruptError` `MESSAGE_CORRUPT`; the query is not looked at. */
export function readPartialMessage(bytes: Uint8Array, object: string): PartialMessage {
  const { query, phase, limits } = read(bytes, object)
  return { query, phase: phaseFromJson(phase, object), limits: readLimits(limits, object) }
}

export function writeExportMessage(message: ExportMessage): Buffer {
  return Buffer.from(JSON.stringify(message))
}

/** Throws `CorruptError` `MESSAGE_CORRUPT`; the query is not looked at. */
export function readExportMessage(bytes: Uint8Array, object: string): ExportMessage {
  const { query, form, skip, limits } = read(bytes, object)
  if (form !== 'native' && form !== 'raw' && form !== 'rawMs') return refuse(object, 'form', form)
  if (!Number.isSafeInteger(skip) || (skip as number) < 0) return refuse(object, 'skip', skip)
  return { query, form, skip: skip as number, limits: readLimits(limits, object) }
}

/** Throws `UserError` `QUERY_TOO_LARGE`. */
export function writePartial<Kind extends Phase['kind']>(
  phase: PhaseOf<Kind>,
  { partial, cost }: { partial: Partials[Kind]; cost: Cost },
): Buffer {
  const bytes = Buffer.from(JSON.stringify({ partial: partialToJson(phase, partial), cost }))
  if (bytes.length > partialBytesMax) {
    const got = `bytes of the partial answer of one shard: got ${bytes.length}, want at most ${partialBytesMax}`
    throw new UserError('QUERY_TOO_LARGE', got)
  }
  return bytes
}

/** Throws `CorruptError` `MESSAGE_CORRUPT`. */
export function readPartial<Kind extends Phase['kind']>(
  phase: PhaseOf<Kind>,
  bytes: Uint8Array,
  object: string,
): { partial: Partials[Kind]; cost: Cost } {
  const { partial, cost } = read(bytes, object)
  if (typeof cost !== 'object' || cost === null) refuse(object, 'cost', cost)
  return { partial: partialFromJson(phase, partial, object), cost: cost as Cost }
}

/** The text of a line, without its newline. */
export function lineFormat(form: LineForm): (row: ExportRow) => string {
  if (form === 'native') return (row) => JSON.stringify(row)
  return ({ event, time, distinct_id, insert_id, properties }) => {
    const shownTime = form === 'raw' ? Math.floor(time / 1000) : time
    return JSON.stringify({ event, properties: { time: shownTime, distinct_id, $insert_id: insert_id, ...properties } })
  }
}

function read(bytes: Uint8Array, object: string): Readonly<Record<string, unknown>> {
  let json: unknown
  try {
    json = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString())
  } catch {
    return refuse(object, 'message', 'text that is not JSON')
  }
  return typeof json === 'object' && json !== null && !Array.isArray(json)
    ? (json as Record<string, unknown>)
    : refuse(object, 'message', json)
}

function readLimits(json: unknown, object: string): MessageLimits {
  const { scanBytesMax } = (json ?? {}) as { scanBytesMax?: unknown }
  if (scanBytesMax === undefined) return {}
  return typeof scanBytesMax === 'number' ? { scanBytesMax } : refuse(object, 'scanBytesMax', scanBytesMax)
}

function refuse(object: string, what: string, got: unknown): never {
  const shown = typeof got === 'string' ? got.slice(0, 80) : typeof got
  return corrupt({ code: 'MESSAGE_CORRUPT', object, what, got: shown, want: 'a message of this build' })
}
