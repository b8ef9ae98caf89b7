import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { readConfig } from './config.ts'
import { judge } from './rules.ts'
import { readTree, treeOf } from './tree.ts'

const folders: string[] = []

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

function folderWith(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'tree-'))
  folders.push(root)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return root
}

test('tidy: a folder -> its text files in order, without what .gitignore names', () => {
  const root = folderWith({
    '.gitignore': 'node_modules/\nbench/peers/\n*.log\n',
    '.git/config': '',
    '.ci/run': '',
    'bench/peers/peer.ts': '',
    'bench/peer.ts': '',
    'bench/run.log': '',
    'deep/node_modules/zod/index.ts': '',
    'peers/a.ts': '',
    'test/golden/one.bin': 'a\0b',
  })
  expect(readTree(root).texts.map(({ path }) => path)).toEqual(['.ci/run', '.gitignore', 'bench/peer.ts', 'peers/a.ts'])
})

test('tidy: a folder with planted violations -> each is found through the disk as well', () => {
  const root = folderWith({
    'package.json': '{}',
    'scripts/zones.json': '{"zones":{"common":[],"dataplane/log":[]},"tests":[],"effects":{},"entries":{}}',
    'common/hash.test.ts': "import './hash.ts'\n",
    'common/hash.ts': "import type { Log } from '../dataplane/log/log.ts'\n",
    'dataplane/log/log.ts': 'export const now = Date.now()\n',
  })
  const tree = readTree(root)
  expect(judge(tree, readConfig(tree, ['**/*.test.ts']))).toEqual([
    expect.stringContaining('common/hash.ts:1 zone: zone common may not import zone dataplane/log'),
    expect.stringContaining('dataplane/log/log.ts:1 effect: Date.now is an effect: use `clock.now()`'),
  ])
})

test('tidy: imports -> specifier, target and line of each kind, and none from comments or strings', () => {
  const text = [
    "import a, { type b } from './a.ts'",
    "// import './no.ts'",
    'const no = "import \'./no.ts\'"',
    "const c = Array.from('./no.ts')",
    "export type { d } from '../d.ts'",
    "import 'zod'",
    'await import(`./e.ts`)',
    'await import(name)',
  ].join('\n')
  expect(treeOf([{ path: 'common/deep/x.ts', text }]).sources[0]!.imports).toEqual([
    { specifier: './a.ts', target: 'common/deep/a.ts', line: 1 },
    { specifier: '../d.ts', target: 'common/d.ts', line: 5 },
    { specifier: 'zod', target: undefined, line: 6 },
    { specifier: './e.ts', target: 'common/deep/e.ts', line: 7 },
    { specifier: undefined, target: undefined, line: 8 },
  ])
})
