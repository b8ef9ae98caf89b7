/**
 * Where slices are read from, and into what memory.
 *
 * Small slices that lie side by side in a segment are read as one range: late events leave a slice of a few hundred rows
 * on many days, and a read each would cost more than what is in them. Only what the query opens anyway is read, and
 * what is held at once is bounded, however many sources there are.
 *
 * Bytes are put in memory of the query, which serves the next slice once one is released. A read that is under way when
 * a scan ends early would write into memory that serves another query by then, so `close` waits for it.
 */
import type { ByteSource, ReadMeter, Segment, SliceReading } from '../../storage/segment/contract.ts'
import type { QueryContext } from '../context.ts'
import type { QueryMemory } from '../memory.ts'
import type { Sources } from './frames.ts'
import type { PlannedSlice } from './plan.ts'

/** A range that takes many times as long as opening another one. */
const windowBytesMax = 256 * 1024
/** Of all sources together: in a scan day by day each holds one. */
const heldBytesMax = 16 * 1024 * 1024

export class ReadAhead {
  /** What is to be opened at once: slices that are read as one range, any other by itself. */
  readonly groups: readonly (readonly PlannedSlice[])[]
  readonly #windows = new Map<PlannedSlice, Window>()
  readonly #single = new Map<PlannedSlice, QuerySource>()
  readonly #context: Pick<QueryContext, 'cost' | 'memory'>
  readonly #reads: Reads = { underWay: new Set(), areOver: false }

  /** `planned`: source by source, in the order of their bytes. */
  constructor(planned: readonly PlannedSlice[], { byIndex }: Sources, context: Pick<QueryContext, 'cost' | 'memory'>) {
    this.#context = context
    const { cost, memory } = context
    const groups: PlannedSlice[][] = []
    this.groups = groups
    const bytesMax = Math.min(windowBytesMax, heldBytesMax / byIndex.size)
    for (let first = 0, next = 1; first < planned.length; first = next, next++) {
      const { source, entry } = planned[first]!
      while (next < planned.length && continues(planned[next]!, planned[next - 1]!)) {
        if (planned[next]!.entry.end - entry.start > bytesMax) break
        next++
      }
      const slices = planned.slice(first, next)
      groups.push(slices)
      if (slices.length === 1) continue
      const window = new Window(byIndex.get(source)!.view.segment.source, slices, { cost, memory, reads: this.#reads })
      for (const slice of slices) this.#windows.set(slice, window)
    }
  }

  /** How a slice is to be read; hand it back with `release`. */
  readingOf(slice: PlannedSlice, segment: Segment): SliceReading {
    const { cost, memory } = this.#context
    const window = this.#windows.get(slice)
    // A window counts what it reads.
    if (window !== undefined) return { source: window }
    const source = new QuerySource(segment.source, memory, this.#reads)
    this.#single.set(slice, source)
    return { source, meter: cost }
  }

  /** Nothing of the slice is used any more. */
  release(slice: PlannedSlice): void {
    this.#windows.get(slice)?.releaseOne()
    this.#single.get(slice)?.release()
    this.#single.delete(slice)
  }

  /** The scan is over: resolves when no read puts bytes in the query's memory any more. */
  async close(): Promise<void> {
    this.#reads.areOver = true
    await Promise.allSettled(this.#reads.underWay)
  }
}

interface Reads {
  readonly underWay: Set<Promise<unknown>>
  /** What is still read, nobody will look at. */
  areOver: boolean
}

function continues(slice: PlannedSlice, before: PlannedSlice): boolean {
  return (
    slice.source === before.source &&
    slice.entry.isWhole &&
    before.entry.isWhole &&
    slice.entry.start === before.entry.end
  )
}

/** A source whose bytes lie in memory of the query. */
class QuerySource implements ByteSource {
  readonly byteLength: number
  readonly name: string
  readonly #source: ByteSource
  readonly #memory: QueryMemory
  readonly #reads: Reads
  readonly #given: Uint8Array[] = []

  constructor(source: ByteSource, memory: QueryMemory, reads: Reads) {
    this.byteLength = source.byteLength
    this.name = source.name
    this.#source = source
    this.#memory = memory
    this.#reads = reads
  }

  async read(start: number, end: number): Promise<Uint8Array> {
    const { underWay } = this.#reads
    const reading = this.#source.read(start, end, this)
    underWay.add(reading)
    try {
      return await reading
    } finally {
      underWay.delete(reading)
    }
  }

  /** Memory for bytes that are read (`Room`). */
  bytes(length: number): Uint8Array {
    if (this.#reads.areOver) return new Uint8Array(length)
    const bytes = this.#memory.bytes(length)
    this.#given.push(bytes)
    return bytes
  }

  release(): void {
    for (const bytes of this.#given.splice(0)) this.#memory.give(bytes)
  }
}

/** Slices that are read as one range. */
class Window extends QuerySource {
  readonly #slices: number
  readonly #start: number
  readonly #end: number
  readonly #meter: ReadMeter
  #released = 0
  #bytes: Promise<Uint8Array> | undefined

  constructor(
    source: ByteSource,
    slices: readonly PlannedSlice[],
    { cost, memory, reads }: Pick<QueryContext, 'cost' | 'memory'> & { reads: Reads },
  ) {
    super(source, memory, reads)
    this.#slices = slices.length
    this.#start = slices[0]!.entry.start
    this.#end = slices[slices.length - 1]!.entry.end
    this.#meter = cost
  }

  override async read(start: number, end: number): Promise<Uint8Array> {
    if (this.#bytes === undefined) {
      this.#meter.rangeReads++
      this.#meter.bytesRead += this.#end - this.#start
      this.#bytes = super.read(this.#start, this.#end)
    }
    const bytes = await this.#bytes
    return bytes.subarray(start - this.#start, end - this.#start)
  }

  releaseOne(): void {
    if (++this.#released < this.#slices) return
    this.#released = 0
    this.#bytes = undefined
    this.release()
  }
}
