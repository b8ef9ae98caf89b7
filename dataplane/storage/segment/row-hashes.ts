/**
 * Hashes of rows by cells (ADR 0005), from columns: one hash per distinct value, one addition per cell.
 *
 * Rows are taken in chunks that stay in the cache. The four words of a row's cell sum are kept as
 * doubles without carries (at most 2^16 cells of 32 bits each stay exact) and carried once at the end.
 */
import { murmur128 } from '../../../common/hash/murmur128.ts'
import { xxh32String } from '../../../common/hash/xxh32.ts'
import { escapeForm } from '../../schema/insert-id.ts'
import type { Value } from '../../schema/value.ts'
import { canonicalStrings } from './canonical-strings.ts'
import type { PropertyRows, SliceRows } from './contract.ts'
import { type Digest, digestOfHashes } from './digest.ts'
import { escapedText, writeInsertId } from './insert-id-text.ts'

const chunkRows = 2048
const rowSeed = 0x726f7773
const twoTo32 = 4294967296

/** Seed of the cells of a property or of a fixed field (`event\0`). */
function cellSeed(name: string): number {
  return xxh32String(name, 1)
}

const seeds = {
  project: cellSeed('project\0'),
  event: cellSeed('event\0'),
  distinctId: cellSeed('distinct_id\0'),
  insertId: cellSeed('insert_id\0'),
  time: cellSeed('time\0'),
}

/** Four words per row: row `r` has `out[4 r .. 4 r + 4)`. */
export function rowHashes(slice: SliceRows): Uint32Array {
  const cells = new CellSums(slice)
  const out = new Uint32Array(4 * slice.rows)
  for (let from = 0; from < slice.rows; from += chunkRows) {
    cells.chunk(from, Math.min(slice.rows, from + chunkRows), out)
  }
  return out
}

export function digestRows(slice: SliceRows): Digest {
  return digestOfHashes(rowHashes(slice), slice.masked, 0, slice.rows)
}

// Memory of the chunk in work; nothing of it outlives a call.
const cellSums = new Float64Array(4 * chunkRows)
const hash = new Uint32Array(4)
const bytes = new Uint8Array(64)
const view = new DataView(bytes.buffer)

interface PropertyCells {
  readonly property: PropertyRows
  readonly seed: number
  /** Four words per dictionary value. */
  readonly cells: Float64Array
  /** Entry that the next chunk begins with. */
  next: number
}

class CellSums {
  readonly #slice: SliceRows
  readonly #events: Float64Array
  readonly #users: Float64Array
  readonly #project: Float64Array
  readonly #properties: readonly PropertyCells[]

  constructor(slice: SliceRows) {
    this.#slice = slice
    this.#project = cellsOf([slice.project], seeds.project)
    this.#events = cellsOf(slice.eventNames, seeds.event)
    this.#users = cellsOf(slice.userIds, seeds.distinctId)
    this.#properties = slice.properties.map((property) => {
      const seed = cellSeed(property.name)
      return { property, seed, cells: cellsOf(property.dictionary, seed), next: 0 }
    })
  }

  /** Writes the hashes of rows `[from, to)`. */
  chunk(from: number, to: number, out: Uint32Array): void {
    const { event, user, masked } = this.#slice
    const sums = cellSums
    for (let row = from, at = 0; row < to; row++, at += 4) {
      const name = 4 * event[row]
      const id = 4 * user[row]
      for (let word = 0; word < 4; word++) {
        sums[at + word] = this.#project[word] + this.#events[name + word] + this.#users[id + word]
      }
    }
    this.#times(from, to)
    this.#insertIds(from, to)
    for (const cells of this.#properties) this.#property(cells, from, to)
    for (let row = from, at = 0; row < to; row++, at += 4) {
      let carry = 0
      for (let word = 0; word < 4; word++) {
        const sum = sums[at + word] + carry
        carry = Math.floor(sum / twoTo32)
        view.setUint32(4 * word, sum - carry * twoTo32, true)
      }
      murmur128(bytes, 0, 16, rowSeed + ((masked[row >>> 5] >>> (row & 31)) & 1), out, 4 * row)
    }
  }

  #times(from: number, to: number): void {
    for (let row = from, at = 0; row < to; row++, at += 4) this.#number(this.#slice.time[row], seeds.time, at)
  }

  #insertIds(from: number, to: number): void {
    const { insertIds } = this.#slice
    for (let row = from, at = 0; row < to; row++, at += 4) {
      if (insertIds.form[row] === escapeForm) {
        this.#add(cellsOf([escapedText(insertIds, row)], seeds.insertId), 0, at)
        continue
      }
      bytes[0] = 4
      const end = writeInsertId(insertIds, row, bytes, 1)
      murmur128(bytes, 0, end, seeds.insertId, hash)
      this.#add(hash, 0, at)
    }
  }

  #property(state: PropertyCells, from: number, to: number): void {
    const { rows, codes, numbers } = state.property
    let entry = rows === undefined ? from : state.next
    const count = codes.length
    for (; entry < count; entry++) {
      const row = rows === undefined ? entry : rows[entry]
      if (row >= to) break
      const at = 4 * (row - from)
      const code = codes[entry]
      if (code === 1) this.#number(numbers === undefined ? 0 : numbers[entry], state.seed, at)
      else this.#add(state.cells, 4 * (code - 2), at)
    }
    state.next = entry
  }

  #number(value: number, seed: number, at: number): void {
    view.setUint8(0, 3)
    view.setFloat64(1, value === 0 ? 0 : value)
    // Canonical order of doubles (ADR 0004): flip the sign of positives, all bits of negatives.
    const high = view.getUint32(1)
    if (high >>> 31 === 0) view.setUint32(1, high ^ 0x80000000)
    else {
      view.setUint32(1, ~high)
      view.setUint32(5, ~view.getUint32(5))
    }
    murmur128(bytes, 0, 9, seed, hash)
    this.#add(hash, 0, at)
  }

  #add(cells: Float64Array | Uint32Array, cell: number, at: number): void {
    const sums = cellSums
    sums[at] += cells[cell]
    sums[at + 1] += cells[cell + 1]
    sums[at + 2] += cells[cell + 2]
    sums[at + 3] += cells[cell + 3]
  }
}

/** The cells of values of one property. */
function cellsOf(values: readonly Value[], seed: number): Float64Array {
  const cells = new Float64Array(4 * values.length)
  const strings = canonicalStrings(values)
  for (let i = 0, start = 0; i < values.length; i++) {
    murmur128(strings.bytes, start, strings.ends[i], seed, hash)
    for (let word = 0; word < 4; word++) cells[4 * i + word] = hash[word]
    start = strings.ends[i]
  }
  return cells
}
