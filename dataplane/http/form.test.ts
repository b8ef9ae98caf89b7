import { expect, test } from 'vitest'
import { parseForm } from './form.ts'

test.each([
  ['', []],
  ['a=1', [['a', '1']]],
  [
    'a=1&b=2&',
    [
      ['a', '1'],
      ['b', '2'],
    ],
  ],
  ['a', [['a', '']]],
  ['a=', [['a', '']]],
  ['=a', [['', 'a']]],
  [
    '&&a=1&&b',
    [
      ['a', '1'],
      ['b', ''],
    ],
  ],
  ['a=1=2', [['a', '1=2']]],
  [
    'a&b=1',
    [
      ['a', ''],
      ['b', '1'],
    ],
  ],
  ['a=1&a=2', [['a', '1']]],
  ['a+b=c+d%2B', [['a b', 'c d+']]],
  [
    'x=%E4%BD%A0&y=ü',
    [
      ['x', '你'],
      ['y', 'ü'],
    ],
  ],
  ['__proto__=1', [['__proto__', '1']]],
] as const)('form: %s -> its pairs, unescaped, the first of a name', (text, pairs) => {
  expect([...parseForm(text)]).toEqual(pairs)
})

test.each(['a=%', 'a=%zz', 'a=%ff', '%E4=1', 'a=%ED%A0%80'])('form: %s -> refused', (text) => {
  expect(() => parseForm(text)).toThrow(/not UTF-8/)
})

test('form: 65 pairs -> refused', () => {
  const text = (count: number) => Array.from({ length: count }, (_, i) => `p${i}=1`).join('&')
  expect(parseForm(text(64)).size).toBe(64)
  expect(() => parseForm(text(65))).toThrow(/at most 64/)
})
