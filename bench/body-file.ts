/**
 * The bodies of a load in one file: millions of events do not fit in memory, and making them while the load runs
 * would be measured with it.
 */
import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { importEvents } from '../workload/events.ts'
import { generate, type WorkloadOptions } from '../workload/generate.ts'

interface Place {
  readonly start: number
  readonly bytes: number
  readonly rows: number
}

export class BodyFile {
  readonly path: string
  readonly rows: number
  /** Rows that are no later copy of another. */
  readonly visibleRows: number
  readonly bytes: number
  readonly #places: readonly Place[]
  readonly #handle: number

  /** JSON arrays of at most `size` events, in arrival order. */
  static write(path: string, workload: WorkloadOptions, size: number): BodyFile {
    const handle = openSync(path, 'w+')
    const places: Place[] = []
    let [rows, visibleRows, start] = [0, 0, 0]
    for (const chunk of generate(workload)) {
      for (let at = 0; at < chunk.rows; at += size) {
        const end = Math.min(at + size, chunk.rows)
        const body = Buffer.from(JSON.stringify(importEvents(chunk, at, end)))
        for (let written = 0; written < body.length; ) written += writeSync(handle, body, written)
        places.push({ start, bytes: body.length, rows: end - at })
        start += body.length
        rows += end - at
        for (let row = at; row < end; row++) visibleRows += 1 - chunk.copy[row]!
      }
    }
    return new BodyFile({ path, rows, visibleRows, bytes: start, places, handle })
  }

  private constructor(of: {
    path: string
    rows: number
    visibleRows: number
    bytes: number
    places: readonly Place[]
    handle: number
  }) {
    this.path = of.path
    this.rows = of.rows
    this.visibleRows = of.visibleRows
    this.bytes = of.bytes
    this.#places = of.places
    this.#handle = of.handle
  }

  get count(): number {
    return this.#places.length
  }

  /** Events in bodies `[first, end)`. */
  rowsIn(first: number, end: number): number {
    return this.#places.slice(first, end).reduce((sum, { rows }) => sum + rows, 0)
  }

  body(index: number): Buffer {
    const { start, bytes } = this.#places[index]!
    const body = Buffer.allocUnsafe(bytes)
    for (let read = 0; read < bytes; ) {
      const more = readSync(this.#handle, body, read, bytes - read, start + read)
      if (more === 0) throw new Error(`${this.path} ends at ${start + read}`)
      read += more
    }
    return body
  }

  /** Closes and removes it. */
  remove(): void {
    closeSync(this.#handle)
    rmSync(this.path)
  }
}
