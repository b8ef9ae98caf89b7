/**
 * Byte sources of this folder: bytes in memory, and a counter around any other.
 */
import { corrupt } from '../../../common/errors/errors.ts'
import type { Room } from '../../core/ports.ts'
import type { ByteSource } from './contract.ts'

/** Bytes in memory. `read` answers views, never copies: nobody may write to them. */
export class BytesSource implements ByteSource {
  readonly byteLength: number
  readonly name: string
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array, name = 'segment in memory') {
    this.#bytes = bytes
    this.byteLength = bytes.length
    this.name = name
  }

  async read(start: number, end: number): Promise<Uint8Array> {
    if (!(start >= 0 && start <= end && end <= this.byteLength)) {
      corrupt({
        code: 'SEGMENT_CORRUPT',
        object: this.name,
        offset: start,
        what: 'range of bytes that it names',
        got: `${start} to ${end}`,
        want: `within 0 to ${this.byteLength}`,
      })
    }
    return this.#bytes.subarray(start, end)
  }
}

/** Counts what is read through it. */
export class CountingSource implements ByteSource {
  readonly byteLength: number
  readonly name: string
  rangeReads = 0
  bytesRead = 0
  readonly #inner: ByteSource

  constructor(inner: ByteSource) {
    this.#inner = inner
    this.byteLength = inner.byteLength
    this.name = inner.name
  }

  read(start: number, end: number, room?: Room): Promise<Uint8Array> {
    this.rangeReads++
    this.bytesRead += end - start
    return this.#inner.read(start, end, room)
  }
}
