/**
 * The table of a project's users in a segment, in the order of their ordinals.
 *
 *     hashes column:  difference to the hash before (integers)
 *     ids column:     lengths in bytes (integers) · UTF-8 back to back
 *
 * Ids are not packed by zstd: every question about users of several segments compares them.
 */
import type { ByteReader } from '../../../common/bytes/reader.ts'
import { readUtf8 } from '../../../common/bytes/utf8.ts'
import { ByteWriter } from '../../../common/bytes/writer.ts'
import { bug, corrupt } from '../../../common/errors/errors.ts'
import type { BodyReader, ColumnSink, Origin } from '../codec/body.ts'
import { writeInts } from '../codec/ints.ts'
import { readInts } from '../codec/ints-reader.ts'
import type { UserTable } from './contract.ts'

export function writeHashes(hashes: Uint32Array, sink: ColumnSink): void {
  writeInts(
    hashes.map((h, i) => (i === 0 ? h : h - hashes[i - 1])),
    sink,
  )
}

export function readHashes(head: ByteReader, body: BodyReader, count: number): Uint32Array {
  const steps = readInts(head, body, count).all()
  for (let i = 1, h = steps[0]; i < count; i++) {
    h += steps[i]
    if (h > 0xffffffff) body.fail('hash of a user', h, 'at most 4294967295')
    steps[i] = h
  }
  return steps
}

export function writeIds(ids: readonly string[], sink: ColumnSink): void {
  const text = new ByteWriter()
  const lengths = new Uint32Array(ids.length)
  for (let i = 0; i < ids.length; i++) {
    const start = text.length
    text.text(ids[i])
    lengths[i] = text.length - start
  }
  writeInts(lengths, sink)
  sink.bytes(text.view())
}

/** Ids back to back, and where the column lies, for messages. */
export interface UserIds extends Pick<UserTable, 'idBytes' | 'idEnds'> {
  readonly origin: Origin
}

export function readIds(head: ByteReader, body: BodyReader, count: number): UserIds {
  const idEnds = readInts(head, body, count).all()
  let end = 0
  for (let i = 0; i < count; i++) {
    end += idEnds[i]
    idEnds[i] = end
  }
  // As a double the sum has not wrapped around, and it is checked against what there is.
  const bytes = body.bytes(end)
  // A plain array, whatever the source hands out: the join is made for one kind.
  const idBytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
  return { idBytes, idEnds, origin: body.origin }
}

export class LoadedUserTable implements UserTable {
  readonly count: number
  readonly hashes: Uint32Array
  readonly idBytes: Uint8Array
  readonly idEnds: Uint32Array
  readonly #origin: Origin

  constructor(hashes: Uint32Array, ids: UserIds) {
    this.count = hashes.length
    this.hashes = hashes
    this.idBytes = ids.idBytes
    this.idEnds = ids.idEnds
    this.#origin = ids.origin
  }

  id(ordinal: number): string {
    if (ordinal >= this.count) bug(`user ${ordinal} asked of ${this.count}`)
    const start = ordinal === 0 ? 0 : this.idEnds[ordinal - 1]
    const text = readUtf8(this.idBytes, start, this.idEnds[ordinal])
    if (text !== undefined) return text
    const what = `id of user ${ordinal}`
    return corrupt({
      code: 'SEGMENT_CORRUPT',
      ...this.#origin,
      what,
      got: 'bytes that are no text',
      want: 'valid UTF-8',
    })
  }
}
