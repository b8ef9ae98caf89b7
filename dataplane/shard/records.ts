/**
 * The log records that the tail is made of, numbered as they were applied, each with the digest of its
 * rows: so the digest of any range of offsets is a sum, and cuts and replicas can be compared (AUD-1).
 *
 * Runs keep a record number per row; this table says where the record lies in the log.
 *
 * Does not: hold rows. A row's digest arrives when its run is sealed.
 */
import { assert } from '../../common/errors/errors.ts'
import type { OffsetVector } from '../schema/event.ts'
import { addSums, type Digest } from '../storage/segment/digest.ts'
import { GrowingF64, GrowingU32 } from '../storage/segment/grow.ts'

export class RecordTable {
  /** Number of the first record that is still kept. */
  #first = 0
  #partition = new GrowingU32()
  #offset = new GrowingF64()
  #rows = new GrowingU32()
  #maskedRows = new GrowingU32()
  /** Four words a record, not carried: exact for 2^21 rows. */
  #sums = new GrowingF64()

  /** Number of the next record. */
  get next(): number {
    return this.#first + this.#partition.length
  }

  /** Numbers a record. */
  add(partition: number, offset: number): number {
    this.#partition.push(partition)
    this.#offset.push(offset)
    this.#rows.push(0)
    this.#maskedRows.push(0)
    this.#sums.reserve(4)
    this.#sums.length += 4
    return this.next - 1
  }

  partition(record: number): number {
    return this.#partition.items[this.#index(record)]!
  }

  offset(record: number): number {
    return this.#offset.items[this.#index(record)]!
  }

  /** True when the record lies before the vector. */
  isBefore(record: number, at: OffsetVector): boolean {
    const index = this.#index(record)
    return this.#offset.items[index]! < (at.next.get(this.#partition.items[index]!) ?? 0)
  }

  /** Adds one row to its record's digest; `hash` is four words of `hashes` from `at` on. */
  addRow(record: number, { hashes, at, masked }: { hashes: Uint32Array; at: number; masked: boolean }): void {
    const index = this.#index(record)
    this.#rows.items[index]!++
    if (masked) this.#maskedRows.items[index]!++
    for (let word = 0; word < 4; word++) this.#sums.items[4 * index + word]! += hashes[at + word]!
  }

  /** Digest of all rows from one vector to another. */
  digest(from: OffsetVector, to: OffsetVector): Digest {
    let [rows, maskedRows] = [0, 0]
    let sum: Digest['sum'] = [0, 0, 0, 0]
    for (let index = 0; index < this.#partition.length; index++) {
      const partition = this.#partition.items[index]!
      const offset = this.#offset.items[index]!
      if (offset < (from.next.get(partition) ?? 0) || offset >= (to.next.get(partition) ?? 0)) continue
      rows += this.#rows.items[index]!
      maskedRows += this.#maskedRows.items[index]!
      sum = addSums(sum, this.#sums.items.subarray(4 * index, 4 * index + 4) as unknown as readonly number[])
    }
    return { rows, maskedRows, sum }
  }

  /** Forgets records below `record`: no row that is kept anywhere came from them. */
  dropBefore(record: number): void {
    const count = Math.min(record - this.#first, this.#partition.length)
    if (count <= 0) return
    this.#first += count
    this.#partition = tail(this.#partition, count, new GrowingU32())
    this.#offset = tail(this.#offset, count, new GrowingF64())
    this.#rows = tail(this.#rows, count, new GrowingU32())
    this.#maskedRows = tail(this.#maskedRows, count, new GrowingU32())
    this.#sums = tail(this.#sums, 4 * count, new GrowingF64())
  }

  #index(record: number): number {
    const index = record - this.#first
    assert(index >= 0 && index < this.#partition.length, `record number ${record} is not kept`)
    return index
  }
}

function tail<Column extends GrowingU32 | GrowingF64>(from: Column, start: number, to: Column): Column {
  const rest = from.items.subarray(start, from.length)
  to.reserve(rest.length)
  to.items.set(rest)
  to.length = rest.length
  return to
}
