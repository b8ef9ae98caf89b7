import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareBytes } from '../../../common/bytes/compare.ts'
import { collectStrings, compareStrings, sortStrings, startOf } from './byte-strings.ts'

function sorted(texts: readonly Uint8Array[]): Uint8Array[] {
  const strings = collectStrings(texts.length, (i, out) => out.bytes(texts[i]))
  return Array.from(sortStrings(strings), (i) => strings.bytes.slice(startOf(strings, i), strings.ends[i]))
}

test('byte strings: any strings -> ascending as unsigned bytes, a prefix first', () => {
  const text = fc.array(fc.constantFrom(0, 1, 47, 255), { maxLength: 12 }).map((bytes) => Uint8Array.from(bytes))
  fc.assert(
    fc.property(fc.array(text, { maxLength: 200 }), (texts) => {
      expect(sorted(texts)).toEqual([...texts].sort(compareBytes))
    }),
  )
})

test('byte strings: more than fit the keys of four bytes -> ascending too', () => {
  const count = 263_000
  const strings = collectStrings(count, (i, out) => out.text(`/shared/prefix/${Math.imul(i, 0x9e3779b1) >>> 0}`))
  const order = sortStrings(strings)
  for (let i = 1; i < count; i++) if (compareStrings(strings, order[i - 1], order[i]) >= 0) expect.fail(`at ${i}`)
})
