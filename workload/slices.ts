/**
 * The workload as `SliceRows`: what a shard hands to the segment encoder, without the way through JSON,
 * log and dedupe. Copies carry their mask already, since the generator knows them.
 *
 * A collector keeps the chunks it was given until `finish`: about 130 bytes a row.
 */
import { projectSeed, seededHash } from '../dataplane/schema/placement.ts'
import type { Value } from '../dataplane/schema/value.ts'
import type { PropertyRows, SliceRows } from '../dataplane/storage/segment/contract.ts'
import type { WorkloadChunk } from './chunk.ts'
import { userId } from './population.ts'
import { dayMs, workloadProject } from './shape.ts'
import { eventNames } from './vocabulary.ts'

/** Rows of one chunk that belong to one UTC day, ascending. */
interface Piece {
  readonly chunk: WorkloadChunk
  readonly rows: Uint32Array
}

export interface SliceOptions {
  /** Leave later copies out, as a compacted segment does; they are kept, masked, by default. */
  readonly visibleOnly?: boolean
}

export class SliceCollector {
  readonly #days = new Map<number, Piece[]>()
  readonly #visibleOnly: boolean

  constructor({ visibleOnly = false }: SliceOptions = {}) {
    this.#visibleOnly = visibleOnly
  }

  /** Adds rows `[start, end)` of a chunk; chunks and ranges in arrival order. */
  add(chunk: WorkloadChunk, start = 0, end = chunk.rows): void {
    const kept = (row: number) => !this.#visibleOnly || chunk.copy[row] === 0
    const dayOf = (row: number) => Math.floor(chunk.time[row] / dayMs)
    const counts = new Map<number, number>()
    for (let row = start; row < end; row++) if (kept(row)) counts.set(dayOf(row), (counts.get(dayOf(row)) ?? 0) + 1)
    const pieces = new Map([...counts].map(([day, count]) => [day, { rows: new Uint32Array(count), used: 0 }]))
    for (let row = start; row < end; row++) {
      if (!kept(row)) continue
      const piece = pieces.get(dayOf(row))!
      piece.rows[piece.used++] = row
    }
    for (const [day, { rows }] of pieces) {
      const known = this.#days.get(day)
      if (known === undefined) this.#days.set(day, [{ chunk, rows }])
      else known.push({ chunk, rows })
    }
  }

  /** One slice for each UTC day, ascending; the collector is empty afterwards. */
  finish(): SliceRows[] {
    const days = [...this.#days].sort(([a], [b]) => a - b)
    this.#days.clear()
    return days.map(([day, pieces]) => makeSlice(day, pieces))
  }
}

/** All rows of some chunks, one slice for each UTC day. */
export function sliceRows(chunks: Iterable<WorkloadChunk>, options: SliceOptions = {}): SliceRows[] {
  const collector = new SliceCollector(options)
  for (const chunk of chunks) collector.add(chunk)
  return collector.finish()
}

function makeSlice(day: number, pieces: readonly Piece[]): SliceRows {
  const rows = pieces.reduce((sum, piece) => sum + piece.rows.length, 0)
  const event = new Uint32Array(rows)
  const user = new Uint32Array(rows)
  const time = new Float64Array(rows)
  const bytes = new Uint8Array(rows * 16)
  const masked = new Uint32Array((rows + 31) >>> 5)
  const users = new Map<number, number>()
  let at = 0
  for (const { chunk, rows: from } of pieces) {
    for (const row of from) {
      event[at] = chunk.event[row]
      time[at] = chunk.time[row]
      user[at] = indexOf(users, chunk.user[row])
      if (chunk.copy[row] === 1) masked[at >>> 5] |= 1 << (at & 31)
      for (let i = 0; i < 16; i++) bytes[at * 16 + i] = chunk.insertIds[row * 16 + i]
      at++
    }
  }
  const seed = projectSeed(workloadProject)
  const userIds = [...users.keys()].map((ordinal) => userId(pieces[0].chunk.seed, ordinal))
  return {
    project: workloadProject,
    day,
    rows,
    eventNames,
    event,
    userHashes: Uint32Array.from(userIds, (id) => seededHash(seed, id, '')),
    userIds,
    user,
    time,
    insertIds: { bytes, form: new Uint8Array(rows).fill(1), escapes: new Map() },
    masked,
    properties: pieces[0].chunk.properties
      .map((_, index) => makeProperty(index, rows, pieces))
      .filter((property) => property.codes.length > 0),
  }
}

/** One property of a slice, with the values that occur alone. */
function makeProperty(index: number, rows: number, pieces: readonly Piece[]): PropertyRows {
  const { name, numbers: hasNumbers } = pieces[0].chunk.properties[index]
  const at = new Uint32Array(rows)
  const codes = new Uint32Array(rows)
  const numbers = hasNumbers === undefined ? undefined : new Float64Array(rows)
  const values = new Map<Value, number>()
  let count = 0
  let row = 0
  for (const { chunk, rows: from } of pieces) {
    const property = chunk.properties[index]
    // Codes of the chunk to codes of the slice, filled in as values are met.
    const known = new Uint32Array(property.dictionary.length + 2)
    known[1] = 1
    for (const source of from) {
      const code = property.codes[source]
      if (code !== 0) {
        if (known[code] === 0) known[code] = indexOf(values, property.dictionary[code - 2]) + 2
        at[count] = row
        codes[count] = known[code]
        if (numbers !== undefined) numbers[count] = code === 1 ? property.numbers![source] : 0
        count++
      }
      row++
    }
  }
  const dictionary = [...values.keys()]
  if (count === rows) return { name, dictionary, rows: undefined, codes, numbers }
  return {
    name,
    dictionary,
    rows: at.slice(0, count),
    codes: codes.slice(0, count),
    numbers: numbers?.slice(0, count),
  }
}

function indexOf<Key>(index: Map<Key, number>, key: Key): number {
  const known = index.get(key)
  if (known !== undefined) return known
  index.set(key, index.size)
  return index.size - 1
}
