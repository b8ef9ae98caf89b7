/**
 * Small slices that lie side by side in a segment, read as one range: late events leave a slice of a few hundred rows on
 * many days, and a read each would cost more than what is in them.
 *
 * Only what the query opens anyway is read, and what is held at once is bounded, however many sources there are.
 */
import type { ByteSource, ReadMeter } from '../../storage/segment/contract.ts'
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

  /** `planned`: source by source, in the order of their bytes. */
  constructor(planned: readonly PlannedSlice[], { byIndex }: Sources, meter: ReadMeter) {
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
      const window = new Window(byIndex.get(source)!.view.segment.source, slices, meter)
      for (const slice of slices) this.#windows.set(slice, window)
    }
  }

  /** Where a slice is to be read from, if not by itself; asked once for each slice and pass. */
  sourceOf(slice: PlannedSlice): ByteSource | undefined {
    return this.#windows.get(slice)?.open()
  }
}

function continues(slice: PlannedSlice, before: PlannedSlice): boolean {
  return (
    slice.source === before.source &&
    slice.entry.isWhole &&
    before.entry.isWhole &&
    slice.entry.start === before.entry.end
  )
}

class Window implements ByteSource {
  readonly byteLength: number
  readonly name: string
  readonly #source: ByteSource
  readonly #slices: number
  readonly #start: number
  readonly #end: number
  readonly #meter: ReadMeter
  #opened = 0
  #bytes: Promise<Uint8Array> | undefined

  constructor(source: ByteSource, slices: readonly PlannedSlice[], meter: ReadMeter) {
    this.byteLength = source.byteLength
    this.name = source.name
    this.#source = source
    this.#slices = slices.length
    this.#start = slices[0]!.entry.start
    this.#end = slices[slices.length - 1]!.entry.end
    this.#meter = meter
  }

  open(): this {
    this.#opened++
    return this
  }

  async read(start: number, end: number): Promise<Uint8Array> {
    if (start < this.#start || end > this.#end) return this.#source.read(start, end)
    if (this.#bytes === undefined) {
      this.#meter.rangeReads++
      this.#meter.bytesRead += this.#end - this.#start
      this.#bytes = this.#source.read(this.#start, this.#end)
    }
    const reading = this.#bytes
    // Read again by the next pass: what all slices have is not held.
    if (this.#opened % this.#slices === 0) this.#bytes = undefined
    const bytes = await reading
    return bytes.subarray(start - this.#start, end - this.#start)
  }
}
