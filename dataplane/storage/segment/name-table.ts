/**
 * Distinct names of a segment (events, properties), sorted by bytes and written once.
 */

import { compareUtf8 } from '../../../common/bytes/compare.ts'
import type { ByteReader } from '../../../common/bytes/reader.ts'
import { readUtf8 } from '../../../common/bytes/utf8.ts'
import type { BodyReader, ColumnSink } from '../codec/body.ts'
import { collectStrings, sortStrings } from '../codec/byte-strings.ts'
import { readFrontCoded, writeFrontCoded } from '../codec/front-coding.ts'

export class NameTable {
  readonly names: readonly string[]
  readonly #codes = new Map<string, number>()

  constructor(names: Iterable<string>) {
    this.names = [...new Set(names)].sort(compareUtf8)
    for (let i = 0; i < this.names.length; i++) this.#codes.set(this.names[i], i)
  }

  /** Rank of a name that is in the table. */
  code(name: string): number {
    return this.#codes.get(name)!
  }

  write(sink: ColumnSink): void {
    sink.head.varint(this.names.length)
    if (this.names.length === 0) return
    const strings = collectStrings(this.names.length, (i, out) => out.text(this.names[i]))
    writeFrontCoded(strings, sortStrings(strings), sink)
  }
}

export function readNames(head: ByteReader, body: BodyReader): string[] {
  const count = head.varint('names')
  if (count === 0) return []
  const { bytes, ends } = readFrontCoded(head, body, count)
  return Array.from(ends, (end, i) => {
    const text = readUtf8(bytes, i === 0 ? 0 : ends[i - 1], end)
    return text ?? body.fail('name', 'bytes that are no text', 'valid UTF-8')
  })
}
