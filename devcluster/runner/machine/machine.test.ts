import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { realFolders } from './folders.ts'
import { streamLog } from './log-files.ts'

let root: string
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'pod-runner-machine-'))
})
afterAll(() => rmSync(root, { recursive: true }))
const bytes = (text: string) => Buffer.from(text)

test('folders: files of a volume that change -> all at once, through one link; those that are gone go', async () => {
  const folder = join(root, 'volume')
  await realFolders.publish(folder, { a: bytes('1'), 'sub/b': bytes('1') })
  const seen = join(folder, '..data')
  expect([readFileSync(join(folder, 'a'), 'utf8'), readFileSync(join(folder, 'sub/b'), 'utf8')]).toEqual(['1', '1'])
  await realFolders.publish(folder, { a: bytes('2'), c: bytes('2') })
  expect([readFileSync(join(seen, 'a'), 'utf8'), readFileSync(join(folder, 'c'), 'utf8')]).toEqual(['2', '2'])
  expect(existsSync(join(folder, 'sub'))).toBe(false)
  expect([...(await realFolders.list(folder))].sort()).toEqual(['..2', '..data', 'a', 'c'])
})

test('logs: rotation -> keeps the latest files, and a reader that follows goes on', async () => {
  const path = join(root, 'log')
  const limits = { bytesMax: 4, filesMax: 3 }
  for (const text of ['first', 'second', 'third', 'last']) {
    writeFileSync(path, text)
    await realFolders.rotate(path, limits)
  }
  expect(['log', 'log.1', 'log.2'].map((name) => readFileSync(join(root, name), 'utf8'))).toEqual([
    'last',
    'third',
    'second',
  ])
  expect(existsSync(join(root, 'log.3'))).toBe(false)
})

const read = async (text: string, options: { tailLines?: number; limitBytes?: number }) => {
  const path = join(root, 'lines')
  writeFileSync(path, text)
  let out = ''
  for await (const chunk of streamLog(
    { path, isOpen: () => false },
    { follow: true, ...options },
    new AbortController().signal,
  ))
    out += Buffer.from(chunk).toString()
  return out
}

test.each([
  ['a\nb\nc\n', { tailLines: 2 }, 'b\nc\n'],
  ['a\nb\nc', { tailLines: 1 }, 'c'],
  ['a\nb\n', { tailLines: 9 }, 'a\nb\n'],
  ['a\nb\n', { tailLines: 0 }, ''],
  ['abcdef', { limitBytes: 3 }, 'abc'],
  [`${'x'.repeat(70_000)}\nend\n`, { tailLines: 1 }, 'end\n'],
  [`${'x'.repeat(70_000)}\nend\n`, { tailLines: 2 }, `${'x'.repeat(70_000)}\nend\n`],
])('logs: the last lines or the first bytes', async (text, options, shown) => {
  expect(await read(text, options)).toBe(shown)
})

test('logs: a log that grows -> is followed to its end', async () => {
  const path = join(root, 'growing')
  writeFileSync(path, 'one\n')
  let isOpen = true
  let out = ''
  for await (const chunk of streamLog({ path, isOpen: () => isOpen }, { follow: true }, new AbortController().signal)) {
    out += Buffer.from(chunk).toString()
    if (out === 'one\n') writeFileSync(path, 'two\n', { flag: 'a' })
    else isOpen = false
  }
  expect(out).toBe('one\ntwo\n')
})
