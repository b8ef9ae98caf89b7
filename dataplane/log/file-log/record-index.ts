/**
 * Where each record lies: per partition, by offset, in typed arrays (16 bytes a record). Built at open
 * from the tables of the groups, extended by each group once it is durable.
 */
import { bug } from '../../../common/errors/errors.ts'

export interface RecordPlace {
  /** As `addFile` numbered it. */
  readonly file: number
  /** Byte position of the record in the file. */
  readonly position: number
  readonly bytes: number
  readonly crc: number
}

export class RecordIndex {
  readonly #partitions: PartitionIndex[]
  readonly #paths: string[] = []

  /** `starts`: offset of the first record per partition. */
  constructor(starts: readonly number[]) {
    this.#partitions = starts.map((start) => new PartitionIndex(start))
  }

  /** Adds a file and returns its number here. */
  addFile(path: string): number {
    this.#paths.push(path)
    return this.#paths.length - 1
  }

  path(file: number): string {
    return this.#paths[file] ?? bug(`file ${file} of ${this.#paths.length}`)
  }

  get partitions(): number {
    return this.#partitions.length
  }

  start(partition: number): number {
    return this.#of(partition).start
  }

  end(partition: number): number {
    return this.#of(partition).end
  }

  ends(): number[] {
    return this.#partitions.map((partition) => partition.end)
  }

  /** Records in all. */
  get records(): number {
    return this.#partitions.reduce((sum, partition) => sum + partition.end - partition.start, 0)
  }

  /** Adds the record at `end(partition)`. */
  add(partition: number, place: RecordPlace): void {
    this.#of(partition).add(place)
  }

  /** `offset` must be in `[start, end)`. */
  place(partition: number, offset: number): RecordPlace {
    return this.#of(partition).place(offset)
  }

  /** Forgets records before the offsets. */
  dropBefore(starts: readonly number[]): void {
    for (let i = 0; i < starts.length; i++) this.#partitions[i].dropBefore(starts[i])
  }

  #of(partition: number): PartitionIndex {
    return this.#partitions[partition] ?? bug(`partition ${partition} of ${this.#partitions.length}`)
  }
}

const words = 4

class PartitionIndex {
  start: number
  end: number
  /** file, position, bytes, crc per record. */
  #places = new Uint32Array(words * 16)

  constructor(start: number) {
    this.start = start
    this.end = start
  }

  add({ file, position, bytes, crc }: RecordPlace): void {
    const at = (this.end - this.start) * words
    if (at === this.#places.length) {
      const grown = new Uint32Array(at * 2)
      grown.set(this.#places)
      this.#places = grown
    }
    this.#places[at] = file
    this.#places[at + 1] = position
    this.#places[at + 2] = bytes
    this.#places[at + 3] = crc
    this.end++
  }

  place(offset: number): RecordPlace {
    if (offset < this.start || offset >= this.end) bug(`offset ${offset} of ${this.start} to ${this.end}`)
    const at = (offset - this.start) * words
    const places = this.#places
    return { file: places[at], position: places[at + 1], bytes: places[at + 2], crc: places[at + 3] }
  }

  dropBefore(start: number): void {
    if (start <= this.start) return
    this.#places = this.#places.slice(Math.min(start, this.end) * words - this.start * words)
    if (this.#places.length === 0) this.#places = new Uint32Array(words * 16)
    this.start = start
    this.end = Math.max(this.end, start)
  }
}
