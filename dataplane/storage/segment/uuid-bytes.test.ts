import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteReader } from '../../../common/bytes/reader.ts'
import { packInsertId } from '../../schema/insert-id.ts'
import { BodyReader, ColumnSink } from '../codec/body.ts'
import { readUuids, writeUuids } from './uuid-bytes.ts'

function writeAndRead(ids: Uint8Array, tight = true): { read: Uint8Array; bytes: number } {
  const sink = new ColumnSink({ tight, packBytesMin: 512 })
  writeUuids(ids, sink)
  const head = new ByteReader(sink.head.finish(), { object: 'ids', code: 'SEGMENT_CORRUPT' })
  const body = new BodyReader(sink.body.finish(), tight, { object: 'ids', offset: 0 })
  const read = readUuids(head, body, ids.length / 16)
  head.expectEnd()
  body.finish()
  return { read: read.slice(), bytes: sink.head.length + sink.body.length }
}

function packed(texts: readonly string[]): Uint8Array {
  const out = new Uint8Array(16 * texts.length)
  texts.forEach((text, i) => {
    packInsertId(text, out, 16 * i)
  })
  return out
}

test('uuid bytes: any ids, of one version or of several -> the same bytes', () => {
  const versions = fc.constantFrom([1], [4], [7], [1, 4, 7], [15])
  const ids = versions.chain((version) => fc.array(fc.uuid({ version: version as never }), { maxLength: 40 }))
  const anything = fc.array(fc.uint8Array({ minLength: 16, maxLength: 16 }), { maxLength: 20 })
  fc.assert(
    fc.property(
      fc.oneof(
        ids.map(packed),
        anything.map((list) => Uint8Array.from(list.flatMap((id) => [...id]))),
      ),
      fc.boolean(),
      (bytes, tight) => {
        expect(writeAndRead(bytes, tight).read).toEqual(bytes)
      },
    ),
    { numRuns: 300 },
  )
})

test('uuid bytes: random UUIDs -> 122 bits each; UUIDs that begin with a time of one day -> 102 at most', () => {
  const random = (i: number) => (Math.imul(i + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0')
  const v4 = Array.from(
    { length: 1000 },
    (_, i) =>
      `${random(i)}-${random(i + 7).slice(4)}-4${random(i).slice(5)}-9${random(i).slice(5)}-${random(i)}${random(i + 9).slice(4)}`,
  )
  expect(writeAndRead(packed(v4)).bytes).toBeLessThanOrEqual(15_250 + 16)
  const v7 = v4.map((text, i) => {
    const time = (1_767_225_600_000 + ((i * 48_271) % 86_400_000)).toString(16).padStart(12, '0')
    return `${time.slice(0, 8)}-${time.slice(8)}-7${text.slice(15)}`
  })
  expect(writeAndRead(packed(v7)).bytes).toBeLessThanOrEqual((1000 * 102) / 8 + 32)
})
