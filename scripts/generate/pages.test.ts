import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { codes } from '../../common/errors/codes.ts'
import { errorPage } from './errors.ts'
import { pages } from './pages.ts'
import { generateProto } from './proto.ts'

const root = join(import.meta.dirname, '../..')

test.each(Object.entries(pages))('generate: %s -> is what `npm run generate` would write now', (path, render) => {
  expect(existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : '').toBe(render())
})

test('generate: TypeScript of proto/ -> is what `npm run generate` would write now, and no file more', () => {
  const generated = generateProto()
  const committed = readdirSync(join(root, 'proto/generated'), { recursive: true, encoding: 'utf8' })
  expect(
    committed
      .filter((path) => path.endsWith('.ts'))
      .map((path) => `proto/generated/${path}`)
      .sort(),
  ).toEqual(Object.keys(generated).sort())
  for (const [path, text] of Object.entries(generated)) expect(readFileSync(join(root, path), 'utf8')).toBe(text)
})

test('generate: the error page -> names every code once, under its kind, with its remedy', () => {
  const page = errorPage(codes)
  for (const [code, { remedy }] of Object.entries(codes)) {
    expect(page.split(`| \`${code}\` |`)).toHaveLength(2)
    expect(page).toContain(remedy)
  }
})

test('generate: a bar in a text -> does not break the table', () => {
  expect(errorPage({ A: { kind: 'user', meaning: 'a | b', remedy: 'c' } })).toContain('| `A` | a \\| b | c |')
})
