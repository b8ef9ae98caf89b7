import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { SeededRandom } from '../../../sim/random.ts'
import { realDisk } from '../../runtime/disk.ts'
import { objectStoreContract } from './contract-suite.ts'
import { FolderStore } from './folder-store.ts'

const folder = mkdtempSync(join(tmpdir(), 'anabranch-store-'))
afterAll(() => rmSync(folder, { recursive: true }))
let stores = 0
const open = () => new FolderStore(realDisk(folder), `store${stores++}`, new SeededRandom(stores))

objectStoreContract('folder on a real disk', async () => open())

test('folder store: a put leaves no temporary file behind, and those of a crash are not listed', async () => {
  const store = open()
  const root = join(folder, `store${stores - 1}`)
  await store.putIfAbsent('a/b.x', new Uint8Array(3))
  await store.putIfAbsent('a/b.x', new Uint8Array(3))
  expect(readdirSync(join(root, '.incoming'))).toEqual([])
  writeFileSync(join(root, '.incoming', 'torn'), 'half an obj')
  expect(await store.list('')).toEqual(['a/b.x'])
})
