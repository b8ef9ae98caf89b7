import { describe, expect, test } from 'vitest'
import { canonical, compareText, same, typeName } from './canonical.ts'
import type { Json } from './event.ts'
import { placementHash, xxHash32 } from './placement.ts'

const hex = (text: string) => Buffer.from(text, 'latin1').toString('hex')

describe('oracle values', () => {
  test.each<[Json, string]>([
    [null, '00'],
    [false, '01'],
    [true, '02'],
    [0, '038000000000000000'],
    [-0, '038000000000000000'],
    [1, '03bff0000000000000'],
    [-1, '03400fffffffffffff'],
    ['é', '04c3a9'],
    [[], '05'],
    [{ b: 1, a: null }, '060161010001620903bff0000000000000'],
  ])('oracle canonical: %j -> the bytes of ADR 0004', (value, bytes) => {
    expect(hex(canonical(value))).toBe(bytes)
  })

  test('oracle canonical: a list of a text and a list -> each element with its length', () => {
    expect(hex(canonical(['a', [true]]))).toBe('0502046103050102')
    expect(hex(canonical(['x'.repeat(200)])).slice(0, 8)).toBe('05c90104')
  })

  test('oracle canonical: numbers by value -> bytes in the same order', () => {
    const numbers = [-Number.MAX_VALUE, -2, -1, -5e-324, 0, 5e-324, 0.1, 1, 2, 1e308]
    const texts = numbers.map(canonical)
    expect([...texts].sort((a, b) => (a < b ? -1 : 1))).toEqual(texts)
  })

  test('oracle canonical: objects by entries, lists in order, types apart', () => {
    expect(same({ a: 1, b: [2] }, { b: [2], a: 1 })).toBe(true)
    expect(same([1, 2], [2, 1])).toBe(false)
    expect(same('1', 1)).toBe(false)
    expect(same(null, false)).toBe(false)
    expect([null, true, 1, '', [], {}].map(typeName)).toEqual(['null', 'boolean', 'number', 'string', 'list', 'object'])
  })

  test('oracle order: texts beyond the BMP -> by UTF-8 bytes, not by UTF-16 units', () => {
    expect(compareText('\u{1F600}', '\uFFFD')).toBe(1)
    expect(compareText('a', 'ab')).toBe(-1)
    expect(compareText('é', 'é')).toBe(0)
  })

  test('oracle placement: published texts -> the hashes that the xxHash project prints', () => {
    const of = (text: string, seed: number) => xxHash32(Buffer.from(text), seed)
    expect(of('', 0)).toBe(0x02cc5d05)
    expect(of('', 0x9e3779b1)).toBe(0x36b78ae7)
    expect(of('a', 0)).toBe(0x550d7456)
    expect(of('abc', 0)).toBe(0x32d153ff)
    expect(of('Nobody inspects the spammish repetition', 0)).toBe(0xe2293b2f)
  })

  test('oracle placement: an event without a user -> placed by its insert id', () => {
    const event = { project: 'p', event: 'A', distinct_id: '', time: 0, insert_id: 'x', properties: {} }
    expect(placementHash(event)).toBe(placementHash({ ...event, distinct_id: 'x', insert_id: 'y' }))
  })
})
