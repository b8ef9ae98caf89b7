import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const page = read('CONTRIBUTING.md')

test('CONTRIBUTING.md: rooms -> the top-level folders of scripts/zones.json, and what their folders may import', () => {
  const { zones } = JSON.parse(read('scripts/zones.json')) as { zones: Record<string, string[]> }
  const rooms: Record<string, string> = {}
  for (const [room, some] of Map.groupBy(Object.entries(zones), ([zone]) => zone.split('/')[0]!)) {
    const others = new Set(some.flatMap(([, imports]) => imports.map((name) => name.split('/')[0]!)))
    others.delete(room)
    rooms[room] = [...others].sort().join(', ') || 'nothing'
  }
  const lines = [...page.matchAll(/^\| `([\w-]+)\/` \| .* \| ([^|]+) \|$/gm)]
  expect(Object.fromEntries(lines.map(([, room, imports]) => [room, imports]))).toEqual(rooms)
})

test('CONTRIBUTING.md: npm commands -> scripts that package.json has', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  const named = [...page.matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name!)
  expect(named.filter((name) => scripts[name] === undefined)).toEqual([])
  expect(named.length).toBeGreaterThan(8)
})

test('CONTRIBUTING.md: paths in it -> are there', () => {
  const paths = [...page.matchAll(/[`( ]((?:common|dataplane|oracle|test|scripts|demo|crds|docs)\/[\w./-]+)[`)\s]/g)]
  expect(paths.map(([, path]) => path!).filter((path) => !existsSync(join(root, path)))).toEqual([])
  expect(paths.length).toBeGreaterThan(10)
})
