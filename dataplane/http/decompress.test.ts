import { constants, gzipSync, zstdCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { decompress, type Encoding } from './decompress.ts'

const text = Buffer.from('some text, some text, some text, '.repeat(100))
const compress: Readonly<Record<Encoding, (bytes: Uint8Array) => Buffer>> = {
  gzip: (bytes) => gzipSync(bytes),
  zstd: (bytes) => zstdCompressSync(bytes, { params: { [constants.ZSTD_c_checksumFlag]: 1 } }),
}
const both = Object.keys(compress) as Encoding[]

test.each(both)('decompress: %s up to the limit, one byte less -> the bytes, REQUEST_TOO_LARGE', (encoding) => {
  const sent = compress[encoding](text)
  expect(decompress(sent, encoding, text.length)).toEqual(text)
  expect(() => decompress(sent, encoding, text.length - 1)).toThrow(/max limit of 3299 bytes/)
})

test.each(both)('decompress: %s cut at any byte -> refused, never a part of it', (encoding) => {
  const sent = compress[encoding](text)
  for (let end = 0; end < sent.length; end++) {
    expect(() => decompress(sent.subarray(0, end), encoding, 10_000)).toThrow(/the body is not/)
  }
})

test.each(both)('decompress: %s in two pieces that follow each other -> both', (encoding) => {
  const sent = Buffer.concat([compress[encoding](text), compress[encoding](text)])
  expect(decompress(sent, encoding, 2 * text.length)).toEqual(Buffer.concat([text, text]))
  expect(() => decompress(sent, encoding, 2 * text.length - 1)).toThrow(/max limit/)
  expect(() => decompress(sent, encoding, text.length)).toThrow(/max limit/)
})

test.each(both)('decompress: %s with other bytes behind it -> refused', (encoding) => {
  expect(() => decompress(Buffer.concat([compress[encoding](text), Buffer.from('more')]), encoding, 10_000)).toThrow(
    /the body is not/,
  )
})

test.each(both)('decompress: %s of nothing -> nothing', (encoding) => {
  expect(decompress(compress[encoding](Buffer.alloc(0)), encoding, 10)).toEqual(Buffer.alloc(0))
})

test.each(both)('decompress: %s, a thousand times larger inside -> stops at the limit', (encoding) => {
  const bomb = compress[encoding](Buffer.alloc(64 * 1024 * 1024))
  expect(bomb.length).toBeLessThan(70_000)
  const before = process.memoryUsage().arrayBuffers
  expect(() => decompress(bomb, encoding, 1024 * 1024)).toThrow(/max limit/)
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1024 * 1024)
})

test('decompress: a frame of zstd that asks for a window of 128 MiB -> refused before it is allocated', () => {
  const frame = (windowLog: number) =>
    Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, (windowLog - 10) << 3, 0x01 | (5 << 3), 0, 0, ...Buffer.from('hello')])
  expect(decompress(frame(23), 'zstd', 100).toString()).toBe('hello')
  expect(() => decompress(frame(24), 'zstd', 100)).toThrow(/too much memory/)
  expect(() => decompress(frame(27), 'zstd', 100)).toThrow(/too much memory/)
})

test('decompress: zstd with a frame to be skipped -> skipped, what follows is read', () => {
  const skipped = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4])
  expect(decompress(Buffer.concat([skipped, compress.zstd(text), skipped]), 'zstd', 10_000)).toEqual(text)
})

test('decompress: zstd with 65 frames -> refused', () => {
  const frames = (count: number) => Buffer.concat(Array.from({ length: count }, () => compress.zstd(Buffer.from('a'))))
  expect(decompress(frames(64), 'zstd', 100).toString()).toBe('a'.repeat(64))
  expect(() => decompress(frames(65), 'zstd', 100)).toThrow(/more than 64 frames/)
})
