import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { withZones } from './zones.ts'

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8')
const { zones } = JSON.parse(readFileSync(join(root, 'scripts/zones.json'), 'utf8')) as {
  zones: Record<string, string[]>
}

test('zones: the list -> one line a zone, in order, between its marks; the rest of the page stays', () => {
  const text = 'above\n<!-- zones -->\nold\n<!-- /zones -->\nbelow\n'
  expect(withZones(text, { b: ['a', 'c/*'], a: [] })).toBe(
    'above\n<!-- zones -->\n| zone | may import |\n|---|---|\n| `a` | nothing |\n| `b` | a, c/* |\n<!-- /zones -->\nbelow\n',
  )
  expect(() => withZones('no marks', {})).toThrow('CONTRIBUTING.md: want a line <!-- zones -->')
})

test('CONTRIBUTING.md: rooms -> every top-level folder with code has its line, and no line is of a folder that is gone', () => {
  const rooms = [...page.matchAll(/^\| `([\w-]+)\/` \|/gm)].map(([, room]) => room)
  const folders = new Set(Object.keys(zones).map((zone) => zone.split('/')[0]!))
  expect(rooms.toSorted()).toEqual([...folders].toSorted())
})

test('CONTRIBUTING.md: npm commands -> scripts that package.json has', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }
  const named = [...page.matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name!)
  expect(named.filter((name) => scripts[name] === undefined)).toEqual([])
  expect(named.length).toBeGreaterThan(8)
})

test('CONTRIBUTING.md: paths in it -> are there', () => {
  const paths = [...page.matchAll(/`((?:common|dataplane|oracle|test|scripts|demo|crds)\/[\w./-]+)`/g)].map(
    ([, path]) => path!,
  )
  const missing = paths.filter((path) => !existsBelow(path))
  expect(missing).toEqual([])
})

function existsBelow(path: string): boolean {
  try {
    readFileSync(join(root, path))
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EISDIR'
  }
}
