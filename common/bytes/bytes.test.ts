import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { CorruptError } from '../errors/errors.ts'
import { compareBytes, compareUtf8 } from './compare.ts'
import { ByteReader } from './reader.ts'
import { readUtf8 } from './utf8.ts'
import { ByteWriter } from './writer.ts'

const utf8 = (text: string) => new TextEncoder().encode(text)
const reader = (bytes: Uint8Array | number[], base = 0) =>
  new ByteReader(Uint8Array.from(bytes), { object: 'thing', code: 'SEGMENT_CORRUPT', base })

/** Any character. fast-check's own `unit: 'binary'` takes seconds to be made. */
const character = fc
  .oneof(fc.nat(0x7f), fc.nat(0xd7ff), fc.integer({ min: 0xe000, max: 0x10ffff }))
  .map((code) => String.fromCodePoint(code))
const text = fc.oneof(
  fc.string({ unit: character, maxLength: 60 }),
  fc.string({ unit: fc.constantFrom('a', 'é', '\u007f', '\u0080', '\ud7ff', '\ue000', '\uffff', '😀', '\u{10ffff}') }),
  fc.constantFrom(
    '',
    'x'.repeat(41),
    'x'.repeat(42),
    'x'.repeat(43),
    'é'.repeat(200),
    'x'.repeat(20_000),
    '\ufeffbom',
    '\ufeffwith a mark and \ufffd',
    '\ufffd',
  ),
)
const whole = fc.oneof(
  fc.nat(300),
  fc.maxSafeNat(),
  fc.integer({ min: 0, max: 53 }).map((bits) => 2 ** bits - 1),
)

type Field = [kind: 'varint' | 'u64' | 'zigzag' | 'string' | 'f64' | 'u32' | 'u16' | 'u8', value: number | string]
const field: fc.Arbitrary<Field> = fc.oneof(
  whole.map((value): Field => ['varint', value]),
  whole.map((value): Field => ['u64', value]),
  fc.integer({ min: -(2 ** 52) + 1, max: 2 ** 52 - 1 }).map((value): Field => ['zigzag', value]),
  text.map((value): Field => ['string', value]),
  fc.double().map((value): Field => ['f64', value]),
  fc.integer({ min: 0, max: 0xffffffff }).map((value): Field => ['u32', value]),
  fc.integer({ min: 0, max: 0xffff }).map((value): Field => ['u16', value]),
  fc.integer({ min: 0, max: 0xff }).map((value): Field => ['u8', value]),
)

test('bytes: any fields written, from a tiny buffer on -> the same fields read', () => {
  fc.assert(
    fc.property(fc.array(field, { maxLength: 30 }), (fields) => {
      const writer = new ByteWriter(1)
      for (const [kind, value] of fields) (writer[kind] as (value: number | string) => void).call(writer, value)
      const bytes = writer.finish()
      const back = new ByteReader(bytes, { object: 'thing', code: 'SEGMENT_CORRUPT' })
      for (const [kind, value] of fields) expect(back[kind]()).toBe(value)
      back.expectEnd()
    }),
  )
})

test('bytes: any fields truncated anywhere -> CorruptError or a prefix of the fields, never anything else', () => {
  fc.assert(
    fc.property(fc.array(field, { minLength: 1, maxLength: 8 }), fc.nat(), (fields, cut) => {
      const writer = new ByteWriter()
      for (const [kind, value] of fields) (writer[kind] as (value: number | string) => void).call(writer, value)
      const bytes = writer.finish().subarray(0, cut % writer.length)
      const back = new ByteReader(bytes, { object: 'thing', code: 'SEGMENT_CORRUPT' })
      expect(() => {
        for (const [kind, value] of fields) expect(back[kind]()).toBe(value)
      }).toThrow(CorruptError)
    }),
  )
})

test('bytes: layout of each field -> little-endian, LEB128', () => {
  const writer = new ByteWriter()
  writer.u16(0x0102)
  writer.u32(0x01020304)
  writer.u64(2 ** 32 + 5)
  writer.varint(300)
  writer.zigzag(-2)
  writer.string('é')
  writer.text('ab')
  writer.f64(-2)
  writer.align(8)
  writer.bytes(Uint8Array.of(9, 8, 7), 1, 2)
  writer.patchU32(2, 7)
  expect([...writer.finish()]).toEqual([
    ...[2, 1, 7, 0, 0, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0xac, 2, 3, 2, 0xc3, 0xa9, 97, 98],
    ...[0, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 8],
  ])
})

test('bytes: room left for a bulk -> where it begins, filled by the caller, what follows comes after it', () => {
  const writer = new ByteWriter(4)
  writer.u8(1)
  const at = writer.leave(6)
  writer.view().fill(7, at, at + 6)
  writer.u8(2)
  expect([at, ...writer.finish()]).toEqual([1, 1, 7, 7, 7, 7, 7, 7, 2])
})

test('bytes: a length inserted afterwards, nested -> the bytes of a length written before', () => {
  for (const count of [0, 1, 127, 128, 20_000]) {
    const before = new ByteWriter()
    before.string('head')
    before.varint(count + (count < 128 ? 1 : count < 16_384 ? 2 : 3))
    before.varint(count)
    before.bytes(new Uint8Array(count).fill(7))
    const after = new ByteWriter(1)
    after.string('head')
    const start = after.length
    after.bytes(new Uint8Array(count).fill(7))
    after.insertLength(start)
    after.insertLength(start)
    expect(after.finish()).toEqual(before.finish())
  }
})

test.each<[string, (writer: ByteWriter) => void]>([
  ['u8', (writer) => writer.u8(256)],
  ['u16', (writer) => writer.u16(-1)],
  ['u32', (writer) => writer.u32(2 ** 32)],
  ['u64', (writer) => writer.u64(2 ** 53)],
  ['varint', (writer) => writer.varint(-1)],
  ['varint', (writer) => writer.varint(1.5)],
  ['varint', (writer) => writer.varint(2 ** 53)],
  ['varint', (writer) => writer.varint(Number.NaN)],
  ['varint', (writer) => writer.zigzag(-(2 ** 53))],
  ['u32 patched', (writer) => writer.patchU32(0, 1)],
])('bytes: a number that does not fit its %s -> a defect, never wrong bytes', (what, write) => {
  expect(() => write(new ByteWriter())).toThrow(what)
})

test.each<[string, number[], (reader: ByteReader) => unknown, string]>([
  ['a varint of nine bytes', [...Array(8).fill(0xff), 1], (r) => r.varint(), 'an integer below 2^53'],
  ['an endless varint', Array(1000).fill(0x80), (r) => r.varint(), 'an integer below 2^53'],
  ['a varint of 2^53', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10], (r) => r.varint(), 'an integer below 2^53'],
  ['a varint with a useless last byte', [0x81, 0], (r) => r.varint(), 'the shortest form'],
  ['a u64 of 2^53', [0, 0, 0, 0, 0, 0, 0x20, 0], (r) => r.u64(), 'an integer below 2^53'],
  ['a string longer than the bytes', [5, 97, 97], (r) => r.string(), 'at most 2 in 2 bytes'],
  ['a string that is no UTF-8', [2, 0xc3, 0x28], (r) => r.string(), 'valid UTF-8'],
  ['a surrogate in UTF-8', [3, 0xed, 0xa0, 0x80], (r) => r.string(), 'valid UTF-8'],
  ['a huge count', [0xff, 0xff, 0xff, 0xff, 0x0f, 1], (r) => r.count(4), 'at most 0 in 1 bytes'],
  ['a value above its limit', [11], (r) => r.varintMax(10), 'at most 10'],
  ['padding that is not zero', [1, 0, 3, 0], (r) => [r.u8(), r.align(4)], 'want 0'],
  ['bytes left over', [1, 2], (r) => [r.u8(), r.expectEnd()], 'no more bytes'],
  ['a negative length', [1, 2], (r) => r.take(-1), '-1 bytes'],
  ['a length that is no number', [1, 2], (r) => r.skip(Number.NaN), 'NaN bytes'],
])('bytes: %s -> CorruptError that says what was wanted', (_, bytes, read, want) => {
  expect(() => read(reader(bytes))).toThrow(CorruptError)
  expect(() => read(reader(bytes))).toThrow(want)
})

test('bytes: damage in a piece of an object -> the message names the object and the offset in the object', () => {
  const piece = reader([1, 2, 3], 4000)
  piece.skip(2)
  expect(() => piece.u32('row count')).toThrow(
    'SEGMENT_CORRUPT: thing at byte 4002: row count: got 1 bytes before the end, want 4 bytes.',
  )
})

test('bytes: a part of a buffer -> nothing outside it is readable', () => {
  const bytes = Uint8Array.of(1, 2, 3, 4, 5)
  const part = new ByteReader(bytes, { object: 'thing', code: 'RECORD_CORRUPT', start: 1, end: 3 })
  expect([part.u8(), part.u8()]).toEqual([2, 3])
  expect(() => part.u8()).toThrow(CorruptError)
  expect(() => new ByteReader(bytes, { object: 'thing', code: 'RECORD_CORRUPT', end: 6 })).toThrow(CorruptError)
  expect(() => new ByteReader(bytes, { object: 'thing', code: 'RECORD_CORRUPT', start: 3, end: 2 })).toThrow(
    CorruptError,
  )
})

test('bytes: text of every length in the middle of a buffer -> read back whole, byte order mark and U+FFFD kept', () => {
  fc.assert(
    fc.property(text, (value) => {
      const bytes = Uint8Array.of(...utf8('é'), ...utf8(value).subarray(0, 5000), ...utf8('é'))
      const end = bytes.length - 2
      expect(readUtf8(bytes, 2, end)).toBe(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(2, end)))
    }),
  )
})

test('compareUtf8: any two strings -> the order of their UTF-8 bytes', () => {
  fc.assert(
    fc.property(text, text, text, (prefix, a, b) => {
      const want = Math.sign(compareBytes(utf8(prefix + a), utf8(prefix + b)))
      expect(Math.sign(compareUtf8(prefix + a, prefix + b))).toBe(want)
      expect(Math.sign(compareUtf8(prefix + b, prefix + a))).toBe(want === 0 ? 0 : -want)
    }),
  )
})

test('compareUtf8: a character above U+FFFF -> after U+FFFF, where UTF-16 units would put it before', () => {
  expect('😀' < '\uffff').toBe(true)
  expect(compareUtf8('😀', '\uffff')).toBeGreaterThan(0)
  expect(compareUtf8('\ue000', '\ud7ff')).toBeGreaterThan(0)
})
