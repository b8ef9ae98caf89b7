import { expect, test } from 'vitest'
import { mask } from './mask.ts'

const cases: readonly (readonly [what: string, source: string, code: string])[] = [
  ['line comment', 'a // b\nc', 'a     \nc'],
  ['block comment over lines', 'a /* b\nc */ d', 'a     \n     d'],
  ['unclosed block comment', 'a /* b', 'a     '],
  ['shebang', '#!/usr/bin/env node\na', '                   \na'],
  ['quoted, with an escaped quote', String.raw`a('b\'c', "d")`, 'a(\'    \', " ")'],
  ['a quote inside a comment', "a // it's\nb('c')", "a        \nb(' ')"],
  ['template with code inside', '`a ${b("c")} d` + e', '`  ${b(" ")}  ` + e'],
  ['template inside a template, and braces', '`${ { a: `b${c}` } }d` + e', '`${ { a: ` ${c}` } } ` + e'],
  ['regular expression with a slash and a quote', "a(/[/'\"]\\//g) + 'b'", "a(/       /g) + ' '"],
  ['regular expression after return', "return /'/.test(a)", 'return / /.test(a)'],
  ['division', "(a) / b / c['d']", "(a) / b / c[' ']"],
]

test.each(cases)('mask: %s -> only code is left, at the same offsets', (_what, source, code) => {
  expect(mask(source)).toBe(code)
  expect(mask(source)).toHaveLength(source.length)
})
