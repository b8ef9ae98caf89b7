/**
 * Rows of one chunk before they are put in arrival order.
 *
 * A row's session-constant properties live in session columns; a copy of an earlier chunk's row
 * brings its session along.
 */
import type { Prng } from './prng.ts'

/** Session-constant values, as indexes into the vocabulary; `referrer` -1 = none. */
export interface Session {
  readonly ordinal: number
  readonly user: number
  readonly device: number
  readonly system: number
  readonly browser: number
  readonly referrer: number
}

/** What is drawn for each event; -1 = missing. */
export interface RowValues {
  event: number
  time: number
  arrival: number
  url: number
  durationMs: number
  /** Hundredths. */
  cents: number
  isNew: number
  /** A number of 1000 or more, or an index into `buildNames`. */
  build: number
  items: number
}

/** A copy on its way to a later day. */
export interface CarriedCopy {
  readonly session: Session
  readonly values: RowValues
  readonly insertId: Uint32Array
}

export interface Draft {
  rows: number
  readonly capacity: number
  readonly sessions: Session[]
  /** Index into `sessions`. */
  readonly session: Uint32Array
  readonly event: Uint16Array
  readonly time: Float64Array
  readonly arrival: Float64Array
  /** Four words a row. */
  readonly insertId: Uint32Array
  readonly copy: Uint8Array
  readonly url: Uint16Array
  readonly durationMs: Uint16Array
  readonly cents: Int32Array
  readonly isNew: Uint8Array
  readonly build: Int16Array
  readonly items: Int16Array
}

export function makeDraft(capacity: number): Draft {
  return {
    rows: 0,
    capacity,
    sessions: [],
    session: new Uint32Array(capacity),
    event: new Uint16Array(capacity),
    time: new Float64Array(capacity),
    arrival: new Float64Array(capacity),
    insertId: new Uint32Array(capacity * 4),
    copy: new Uint8Array(capacity),
    url: new Uint16Array(capacity),
    durationMs: new Uint16Array(capacity),
    cents: new Int32Array(capacity),
    isNew: new Uint8Array(capacity),
    build: new Int16Array(capacity),
    items: new Int16Array(capacity),
  }
}

/** Adds a new event of the draft's last session. There must be room. */
export function addRow(draft: Draft, values: RowValues, prng: Prng): void {
  const row = putRow(draft, values)
  for (let word = row * 4; word < row * 4 + 4; word++) draft.insertId[word] = prng.word()
}

/** Adds a copy of row `original` with another time and arrival. */
export function addCopy(draft: Draft, original: number, times: { time: number; arrival: number }): void {
  const row = putRow(draft, { ...valuesOf(draft, original), ...times })
  draft.session[row] = draft.session[original]
  draft.copy[row] = 1
  draft.insertId.copyWithin(row * 4, original * 4, original * 4 + 4)
}

/** Adds a copy of a row of an earlier chunk. */
export function addCarried(draft: Draft, copy: CarriedCopy): void {
  draft.sessions.push(copy.session)
  const row = putRow(draft, copy.values)
  draft.copy[row] = 1
  draft.insertId.set(copy.insertId, row * 4)
}

/** A copy of a row, for a later chunk. */
export function carry(draft: Draft, row: number, arrival: number): CarriedCopy {
  return {
    session: draft.sessions[draft.session[row]],
    values: { ...valuesOf(draft, row), arrival },
    insertId: draft.insertId.slice(row * 4, row * 4 + 4),
  }
}

function putRow(draft: Draft, values: RowValues): number {
  const row = draft.rows++
  draft.session[row] = draft.sessions.length - 1
  draft.event[row] = values.event
  draft.time[row] = values.time
  draft.arrival[row] = values.arrival
  draft.url[row] = values.url
  draft.durationMs[row] = values.durationMs
  draft.cents[row] = values.cents
  draft.isNew[row] = values.isNew
  draft.build[row] = values.build
  draft.items[row] = values.items
  return row
}

function valuesOf(draft: Draft, row: number): RowValues {
  return {
    event: draft.event[row],
    time: draft.time[row],
    arrival: draft.arrival[row],
    url: draft.url[row],
    durationMs: draft.durationMs[row],
    cents: draft.cents[row],
    isNew: draft.isNew[row],
    build: draft.build[row],
    items: draft.items[row],
  }
}
