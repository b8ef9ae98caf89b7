import { describe, expect, test } from 'vitest'
import { readConfig } from './config.ts'
import { judge } from './rules.ts'
import { adviseFunctions } from './sizes.ts'
import { treeOf } from './tree.ts'

type Files = Readonly<Record<string, string>>

const zones = {
  zones: {
    common: [],
    'dataplane/core': ['common'],
    'dataplane/log': ['common', 'dataplane/core'],
    'dataplane/log/codec': ['common'],
    'dataplane/runtime': ['common', 'dataplane/core'],
    oracle: [],
    'test/support': ['dataplane/*'],
  },
  tests: ['oracle', 'test/support'],
  effects: { 'dataplane/runtime': 'the real side of the ports' },
  entries: { 'dataplane/runtime/main.ts': 'started by hand' },
}

/** A small project that breaks no rule; each test adds or replaces a file. */
const tidyProject: Files = {
  '.ci/run': 'npm ci\nls ../sha' + 'red\n',
  'package.json': JSON.stringify({ dependencies: { zod: '1.0.0' }, devDependencies: { vitest: '1.0.0' } }),
  'package-lock.json': '{}',
  'scripts/zones.json': JSON.stringify(zones),
  'common/hash.ts': 'export const hash = 1\n',
  'dataplane/core/ports.ts':
    "import { z } from 'zod'\nexport type { hash } from '../../common/hash.ts'\nexport const port = z\n",
  'dataplane/log/log.ts':
    "// Date.now() in words is fine\nimport type { port } from '../core/ports.ts'\nexport type Log = typeof port\n",
  'dataplane/log/log.test.ts':
    "import { readFileSync } from 'node:fs'\nimport { test } from 'vitest'\nimport './log.ts'\nimport '../../oracle/count.ts'\nimport '../../test/support/suite.ts'\ntest('a', () => readFileSync('b'))\n",
  'dataplane/runtime/main.ts':
    "import { readFileSync } from 'node:fs'\nsetTimeout(() => console.log(readFileSync, Date.now()), 1)\n",
  'oracle/count.ts': 'export const count = 1\n',
  'test/support/suite.ts': "import { test } from 'vitest'\nexport const suite = () => test('b', () => {})\n",
}

/** What the rules say of the tidy project with these files on top. */
function judged(files: Files): string[] {
  const tree = treeOf(Object.entries({ ...tidyProject, ...files }).map(([path, text]) => ({ path, text })))
  return judge(tree, readConfig(tree, ['**/*.test.ts']))
}

/** Adds to `log.ts`, which is reached and lies in a pure zone: the planted lines begin at line 4. */
const inLog = (text: string): Files => ({ 'dataplane/log/log.ts': `${tidyProject['dataplane/log/log.ts']}${text}\n` })
const inTest = (text: string): Files => ({
  'dataplane/log/log.test.ts': `${tidyProject['dataplane/log/log.test.ts']}${text}\n`,
})
const at = (place: string) => [expect.stringContaining(`${place}: `)]

test('tidy: a project that keeps the rules -> no violation', () => {
  expect(judged({})).toEqual([])
})

describe('tidy: size', () => {
  test('tidy: a file of 501 lines -> reported; 500 are fine', () => {
    expect(judged(inLog('//\n'.repeat(497).trimEnd()))).toEqual([])
    expect(judged(inLog('//\n'.repeat(498).trimEnd()))).toEqual(at('dataplane/log/log.ts size'))
  })

  test.each(['common/utils.ts', 'dataplane/log/helpers/pad.ts', 'dataplane/core/common.ts'])(
    'tidy: a grab bag %s -> reported',
    (path) => {
      expect(judged({ [path]: 'export {}\n', ...inTest(`import '../../${path}'`) })).toContainEqual(
        expect.stringContaining(`${path} size: `),
      )
    },
  )
})

describe('tidy: zone', () => {
  test.each([
    ['static', "import { hash } from '../log/log.ts'"],
    ['type-only', "import type { hash } from '../log/log.ts'"],
    ['re-export', "export * from '../log/log.ts'"],
    ['dynamic', "const a = await import('../log/log.ts')"],
    ['type expression', "type A = typeof import('../log/log.ts')"],
    ['required', "const a = require('../log/log.ts')"],
    ['worker file', "const a = new URL('../log/log.ts', import.meta.url)"],
    ['over several lines', "import {\n  hash,\n} from '../log/log.ts'"],
  ])('tidy: a %s import against the direction -> reported', (kind, text) => {
    const line = kind === 'over several lines' ? 6 : 4
    const file = 'dataplane/core/ports.ts'
    expect(judged({ [file]: `${tidyProject[file]}${text}\n` })).toEqual(at(`${file}:${line} zone`))
  })

  test('tidy: a zone inside another -> the longest prefix owns the file', () => {
    const files = {
      'dataplane/log/codec/frame.ts': "import '../../core/ports.ts'\n",
      ...inTest("import './codec/frame.ts'"),
    }
    expect(judged(files)).toEqual([
      expect.stringContaining('log.test.ts:7 zone: '),
      expect.stringContaining('frame.ts:1 zone: '),
    ])
  })

  test('tidy: what only tests may import, imported by a source -> reported', () => {
    expect(judged(inLog("import '../../oracle/count.ts'"))).toEqual(at('dataplane/log/log.ts:4 zone'))
  })

  test('tidy: a suite beside the source -> a test in all but name, and no source may import it', () => {
    const suite =
      "import { test } from 'vitest'\nimport { readFileSync } from 'node:fs'\nimport '../../oracle/count.ts'\n"
    const files = { 'dataplane/log/log-suite.ts': suite, ...inTest("import './log-suite.ts'") }
    expect(judged(files)).toEqual([])
    expect(judged({ ...files, ...inLog("import './log-suite.ts'") })).toEqual(at('dataplane/log/log.ts:4 zone'))
  })

  test('tidy: a folder without a zone -> reported', () => {
    expect(judged({ 'elsewhere/a.test.ts': 'export {}\n' })).toEqual(at('elsewhere/a.test.ts zone'))
  })

  test('tidy: zones that import each other in a circle -> the circle is printed', () => {
    const circular = { ...zones, zones: { ...zones.zones, common: ['dataplane/log'] } }
    expect(judged({ 'scripts/zones.json': JSON.stringify(circular) }).join()).toContain(
      'common -> dataplane/log -> common',
    )
  })

  test('tidy: a list that names no zone -> refused', () => {
    const typo = { ...zones, tests: ['orakle'] }
    expect(() => judged({ 'scripts/zones.json': JSON.stringify(typo) })).toThrow('"orakle" is no zone')
  })
})

describe('tidy: oracle', () => {
  const lax = { ...zones, zones: { ...zones.zones, oracle: ['common'] } }

  test.each(['oracle/count.ts', 'oracle/count.test.ts'])(
    'oracle: %s imports anything of ours -> reported, whatever the zone file says (QRY-1)',
    (path) => {
      const files = {
        'scripts/zones.json': JSON.stringify(lax),
        [path]: "import type { hash } from '../common/hash.ts'\n",
      }
      expect(judged(files)).toEqual(at(`${path}:1 oracle`))
    },
  )

  test('oracle: its own files -> fine', () => {
    expect(judged({ 'oracle/count.test.ts': "import './count.ts'\n" })).toEqual([])
  })
})

describe('tidy: package', () => {
  test('tidy: an unlisted package -> reported', () => {
    expect(judged(inLog("import a from 'left-pad/deep'"))).toEqual(
      at('log.ts:4 package: package left-pad is not in package.json'),
    )
  })

  test('tidy: a development package in a shipped file -> reported', () => {
    expect(judged(inLog("import { expect } from 'vitest'"))).toContainEqual(
      expect.stringContaining('log.ts:4 package: '),
    )
  })

  test('tidy: a computed import -> reported', () => {
    expect(judged(inLog('const a = await import(name)'))).toEqual(at('dataplane/log/log.ts:4 package'))
  })
})

describe('tidy: effect', () => {
  const everywhere = [
    'Date.now()',
    'new Date()',
    'Math.random()',
    'crypto.randomUUID()',
    'setTimeout(a, 1)',
    'setInterval(a, 1)',
    'setImmediate(a)',
    'AbortSignal.timeout(1)',
    'b.getHours()',
    'b.toLocaleString()',
    'b.localeCompare(c)',
    "import 'node:timers/promises'",
  ]
  const outsideTests = [
    'performance.now()',
    'process.env.A',
    'console.log(1)',
    'globalThis.a',
    'await fetch(a)',
    "new Worker('a')",
    "import 'node:fs'",
    "import 'node:fs/promises'",
    "import 'fs'",
    "import 'node:http2'",
    "import 'node:worker_threads'",
    "const a = await import('node:child_process')",
  ]

  test.each([...everywhere, ...outsideTests])('tidy: %s in a pure zone -> reported with its replacement', (text) => {
    expect(judged(inLog(text))).toEqual([
      expect.stringMatching(/^dataplane\/log\/log\.ts:4 effect: .* is an effect: use /),
    ])
  })

  test.each(everywhere)('tidy: %s in a test -> reported, since tests must not depend on it', (text) => {
    expect(judged(inTest(text))).toEqual(at('dataplane/log/log.test.ts:7 effect'))
  })

  test.each(outsideTests)('tidy: %s in a test -> fine', (text) => {
    expect(judged(inTest(text))).toEqual([])
  })

  test.each([
    'new Date(time).getUTCHours()',
    "const a = 'Date.now()'",
    '`${a} Date.now()`',
    'a.process.b',
    'store.fetch(a)',
    "import { zstdCompressSync } from 'node:zlib'",
  ])('tidy: %s -> fine', (text) => {
    expect(judged(inLog(text))).toEqual([])
  })

  test('tidy: an effect inside a template -> reported', () => {
    expect(judged(inLog('const a = `at ${Date.now()}`'))).toEqual(at('dataplane/log/log.ts:4 effect'))
  })
})

describe('tidy: reach', () => {
  test('tidy: a file that nothing imports -> reported, and so are two that import each other', () => {
    expect(judged({ 'common/a.ts': "import './b.ts'\n", 'common/b.ts': "import './a.ts'\n" })).toEqual([
      expect.stringContaining('common/a.ts reach: '),
      expect.stringContaining('common/b.ts reach: '),
    ])
  })

  test('tidy: a file that an npm script starts -> fine', () => {
    expect(
      judged({
        'package.json':
          '{"scripts":{"a":"node common/a.ts"},"dependencies":{"zod":"1"},"devDependencies":{"vitest":"1"}}',
        'common/a.ts': '',
      }),
    ).toEqual([])
  })

  test('tidy: an entry that does not exist -> reported', () => {
    expect(judged({ '.ci/run': 'node scripts/gone.ts\n' })).toEqual(at('scripts/gone.ts reach'))
  })
})

describe('tidy: test', () => {
  test.each(['common/hash.spec.ts', 'common/hash_test.ts', 'common/__tests__/hash.ts'])(
    'tidy: %s -> reported as a test that no glob runs',
    (path) => {
      expect(judged({ [path]: 'export {}\n' })).toEqual(at(`${path} test`))
    },
  )

  test('tidy: a file that uses the test runner and that no test reaches -> reported', () => {
    expect(judged({ 'test/support/other.ts': "import { test } from 'vitest'\n" })).toEqual(
      at('test/support/other.ts test'),
    )
  })

  test.each(['only', 'skip', 'todo', 'fails'])(
    'tidy: a test switched off with %s -> reported, unless its gap page is named',
    (modifier) => {
      const off = `${'test'}.${modifier}('c', () => {})`
      expect(judged(inTest(off))).toEqual(at('dataplane/log/log.test.ts:7 test'))
      expect(judged(inTest(`// docs/gaps/windows.md\n${off}`))).toEqual([])
    },
  )
})

describe('tidy: word', () => {
  const marker = 'TO' + 'DO'

  test.each([marker, 'FIX' + 'ME', 'HA' + 'CK'])(
    'tidy: %s without a page -> reported, in code and in prose',
    (word) => {
      expect(judged({ ...inLog(`// ${word}: later`), 'docs/start.md': `\n${word}\n` })).toEqual([
        expect.stringContaining('dataplane/log/log.ts:4 word: '),
        expect.stringContaining('docs/start.md:2 word: '),
      ])
    },
  )

  test('tidy: a marker that names its page -> fine when the page exists', () => {
    const noted = inLog(`// ${marker}: docs/gaps/windows.md`)
    expect(judged(noted)).toEqual([expect.stringContaining('which does not exist')])
    expect(judged({ ...noted, 'docs/gaps/windows.md': 'Not on Windows.\n' })).toEqual([])
  })

  test.each([
    '/wo' + 'rk/main',
    '/tm' + 'p/a',
    '/roo' + 't/x',
    '/hom' + 'e/ann/x',
    '/User' + 's/ann/x',
    '..' + '/shared/data',
  ])('tidy: the path %s -> reported', (path) => {
    expect(judged({ 'docs/start.md': `see ${path}\n` })).toEqual(at('docs/start.md:1 word'))
  })

  test.each(['dataplane/wo' + 'rk/a.ts', 'https://host/tm' + 'p/a', './tm' + 'p/a'])('tidy: %s -> fine', (path) => {
    expect(judged({ 'docs/start.md': `see ${path}\n` })).toEqual([])
  })

  test('tidy: a lock file that names a registry -> reported', () => {
    expect(judged({ 'package-lock.json': '{\n"resolved": "https://host/zod.tgz"}' })).toEqual(
      at('package-lock.json:2 word'),
    )
  })
})

test('tidy: a class of ours with the name of a global -> fine where it is imported, reported where it is not', () => {
  const own = { 'common/source.ts': 'export class EventSource {}\n' }
  const use = 'export const source = new EventSource()'
  expect(judged({ ...own, ...inLog(`import { EventSource } from '../../common/source.ts'\n${use}`) })).toEqual([])
  expect(judged(inLog(use))).toEqual(at('dataplane/log/log.ts:4 effect'))
})

describe('tidy: names', () => {
  test('tidy: a link of a page that leads nowhere -> reported; to a file, a folder, a site, a heading -> fine', () => {
    expect(judged({ 'docs/start.md': 'see\n[log](../dataplane/log/lok.ts)\n' })).toEqual(at('docs/start.md:2 name'))
    const fine = '[a](../dataplane/log/log.ts#x) [b](../common/) [c](https://host/x.md) [d](#x) `T(a|b](c)`\n'
    expect(judged({ 'docs/start.md': fine })).toEqual([])
  })

  test('tidy: a comment that names a file which is in no folder around it -> reported; beside it or above -> fine', () => {
    expect(judged(inLog('// see `lok.ts`'))).toEqual(at('dataplane/log/log.ts:4 name'))
    expect(judged(inLog('/** `log.ts`, `core/ports.ts`, `common/hash.ts`, `./any.ts` */'))).toEqual([])
  })
})

describe('tidy: promises', () => {
  const page = (state: string): Files => ({
    'docs/concepts/promises.md': `| ID | promise | state |\n|---|---|---|\n| QRY-1 | exact | ${state} |\n`,
  })

  test('tidy: an ID that the page of promises does not have -> reported', () => {
    expect(judged({ ...inLog('// QRY-1 and QRY' + '-7'), ...page('later') })).toEqual(
      at('dataplane/log/log.ts:4 promise'),
    )
    expect(judged(inLog('// QRY-1'))).toEqual(at('dataplane/log/log.ts:4 promise'))
  })

  test('tidy: a promise that is called kept, and that no test names -> reported; one for later -> fine', () => {
    expect(judged({ ...inLog('// QRY-1'), ...page('kept') })).toEqual(at('docs/concepts/promises.md promise'))
    expect(judged({ ...inTest('// QRY-1'), ...page('kept') })).toEqual([])
    expect(judged(page('later'))).toEqual([])
  })
})

describe('tidy: function length', () => {
  const long = (open: string) => `${open}\n${'  a()\n'.repeat(69)}}\n`

  test.each([
    'function a() {',
    'export const a = (b: string): Promise<C> => {',
    'export async function a(b: string): C {',
  ])('tidy: %s of 71 lines -> advice with its length; 70 are fine', (open) => {
    const advice = (text: string) => adviseFunctions(treeOf([{ path: 'common/a.ts', text }]))
    expect(advice(long(open))).toEqual([
      { path: 'common/a.ts', line: 1, message: expect.stringContaining('of 71 lines') },
    ])
    expect(advice(long(open).replace('  a()\n', ''))).toEqual([])
  })
})
