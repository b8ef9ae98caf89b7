import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { crc32 } from './crc32.ts'
import { murmur128 } from './murmur128.ts'
import { xxh32, xxh32String } from './xxh32.ts'

const utf8 = (text: string) => new TextEncoder().encode(text)

/** The buffer of the reference implementation's sanity check: top bytes of a 64-bit product series. */
function sanityBuffer(length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let state = 2654435761n
  for (let i = 0; i < length; i++) {
    bytes[i] = Number(state >> 56n)
    state = (state * 11400714785074694797n) & 0xffffffffffffffffn
  }
  return bytes
}

test.each([
  [0, 0, 0x02cc5d05],
  [0, 2654435761, 0x36b78ae7],
  [1, 0, 0xcf65b03e],
  [1, 2654435761, 0xb4545aa4],
  [14, 0, 0x1208e7e2],
  [14, 2654435761, 0x6af1d1fe],
  [222, 0, 0x5bd11dbd],
  [222, 2654435761, 0x58803c5f],
])('xxh32: %i bytes of the sanity buffer, seed %i -> the published value', (length, seed, want) => {
  expect(xxh32(sanityBuffer(length), seed)).toBe(want)
})

test.each([
  ['a', 0x550d7456],
  ['abc', 0x32d153ff],
  ['Nobody inspects the spammish repetition', 0xe2293b2f],
])('xxh32: %s, seed 0 -> the published value', (text, want) => {
  expect(xxh32(utf8(text), 0)).toBe(want)
  expect(xxh32String(text, 0)).toBe(want)
})

test('xxh32: a string -> the hash of its UTF-8 bytes, whatever its length and alphabet', () => {
  const texts = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 40 }),
    fc.string({ unit: 'binary-ascii', maxLength: 600 }),
    fc.constantFrom('é'.repeat(5000), 'x'.repeat(9000), '😀'.repeat(700), `${'x'.repeat(1023)}é`),
  )
  fc.assert(
    fc.property(texts, fc.integer({ min: 0, max: 0xffffffff }), (text, seed) => {
      expect(xxh32String(text, seed)).toBe(xxh32(utf8(text), seed))
    }),
  )
})

test('xxh32: a range -> the hash of a copy of the range', () => {
  const bytes = sanityBuffer(64)
  for (let start = 0; start < 20; start++) {
    expect(xxh32(bytes, 7, start, start + 33)).toBe(xxh32(bytes.slice(start, start + 33), 7))
  }
})

test('murmur128: the verification of the published test suite -> 0xb3ece62a', () => {
  const key = new Uint8Array(256)
  const words = new Uint32Array(1024)
  for (let i = 0; i < 256; i++) {
    key[i] = i
    murmur128(key, 0, i, 256 - i, words, i * 4)
  }
  const all = new Uint8Array(words.buffer)
  const out = new Uint32Array(4)
  murmur128(all, 0, all.length, 0, out)
  expect(out[0]).toBe(0xb3ece62a)
})

test('murmur128: a range, written into the middle of a table -> the hash of a copy, neighbours untouched', () => {
  const bytes = sanityBuffer(80)
  for (let length = 0; length < 40; length++) {
    const want = new Uint32Array(4)
    murmur128(bytes.slice(9, 9 + length), 0, length, 0xffffffff, want)
    const out = new Uint32Array(6).fill(5)
    murmur128(bytes, 9, 9 + length, 0xffffffff, out, 1)
    expect([...out]).toEqual([5, ...want, 5])
  }
})

test('crc32: the check value of the CRC catalogue, whole and in pieces -> 0xcbf43926', () => {
  expect(crc32(utf8('123456789'))).toBe(0xcbf43926)
  expect(crc32(utf8('6789'), crc32(utf8('12345')))).toBe(0xcbf43926)
})
