import fc from 'fast-check'
import { expect, test } from 'vitest'
import { unbrokenBytesMax } from './limits.ts'
import { LineSplitter } from './lines.ts'

function linesOf(chunks: readonly Buffer[]) {
  const splitter = new LineSplitter()
  return [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.finish()]
}

test('lines: chunks cut anywhere, also inside a character -> the same lines with the same numbers', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.string({ unit: 'grapheme', maxLength: 6 }), fc.constantFrom('', ' ', '\r', '"ü€🦦"'))),
      fc.array(fc.nat(40)),
      (texts, cuts) => {
        const whole = Buffer.from(texts.map((text) => text.replaceAll('\n', '')).join('\n'))
        const edges = [0, ...cuts.map((cut) => Math.min(cut, whole.length)).sort((a, b) => a - b), whole.length]
        const chunks = edges.slice(1).map((edge, i) => whole.subarray(edges[i], edge))
        const want = whole
          .toString()
          .split('\n')
          .map((text, i) => ({ number: i + 1, text: i === 0 ? text.replace(/^\uFEFF/, '') : text }))
          .filter(({ text }) => text.trim() !== '')
        expect(linesOf(chunks)).toEqual(want)
      },
    ),
  )
})

test('lines: one that is not UTF-8 -> named without its text, the others are kept', () => {
  const bytes = Buffer.concat([Buffer.from('a\n'), Buffer.from([0xff, 0xfe]), Buffer.from('\nb\n')])
  expect(linesOf([bytes])).toEqual([
    { number: 1, text: 'a' },
    { number: 2, text: undefined },
    { number: 3, text: 'b' },
  ])
})

test('lines: a byte order mark -> no part of the first line', () => {
  expect(linesOf([Buffer.from('\uFEFF{}\n')])).toEqual([{ number: 1, text: '{}' }])
})

test('lines: no line break for 16 MiB -> refused, not kept in memory', () => {
  const splitter = new LineSplitter()
  const chunk = Buffer.alloc(1 << 20, 0x20)
  expect(() => {
    for (let bytes = 0; bytes <= unbrokenBytesMax; bytes += chunk.length) splitter.push(chunk)
  }).toThrow('line 1 does not end within 16 MiB')
})
