import { expect, test } from 'vitest'
import { ByteReader } from '../../../common/bytes/reader.ts'
import { BodyReader, ColumnSink } from '../codec/body.ts'
import { findCodeSet, mayHave, readCodeSet, writeCodeSet } from './code-set.ts'

function stored(codes: Uint32Array) {
  const sink = new ColumnSink({ tight: false, packBytesMin: 0 })
  writeCodeSet(findCodeSet(codes)!, sink)
  const head = new ByteReader(sink.head.finish(), { object: 'set', code: 'SEGMENT_CORRUPT' })
  return readCodeSet(head, new BodyReader(sink.body.finish(), false, { object: 'set', offset: 0 }), codes.length)
}

test('code set: codes that occur in some blocks -> known by block, and others in none', () => {
  const codes = Uint32Array.from({ length: 2500 }, (_, row) => (row < 1024 ? [2, 9][row % 2] : row < 2048 ? 9 : 40))
  const set = stored(codes)
  const blocks = (code: number) => [0, 1, 2].map((block) => mayHave(set, block, code))
  expect(blocks(2)).toEqual([true, false, false])
  expect(blocks(9)).toEqual([true, true, false])
  expect(blocks(40)).toEqual([false, false, true])
  expect(blocks(5)).toEqual([false, false, false])
})

test('code set: 32 codes -> a set; 33, one, few rows, or all of a range in every block -> none', () => {
  const every = (count: number, step: number) => Uint32Array.from({ length: 2048 }, (_, row) => (row % count) * step)
  expect(stored(every(32, 2)).codes).toEqual(Uint32Array.from({ length: 32 }, (_, i) => 2 * i))
  expect(mayHave(stored(every(32, 2)), 1, 62)).toBe(true)
  expect(findCodeSet(every(33, 2))).toBeUndefined()
  expect(findCodeSet(every(1, 2))).toBeUndefined()
  expect(findCodeSet(every(8, 1))).toBeUndefined()
  expect(findCodeSet(every(8, 2).subarray(0, 500))).toBeUndefined()
})
