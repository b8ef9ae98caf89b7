import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { SeededRandom } from '../../../sim/random.ts'
import { MemoryStore } from '../../../test/support/memory-store.ts'
import { objectStoreContract } from '../../../test/support/object-store-contract.ts'
import type { ObjectStore } from '../../core/ports.ts'
import { realDisk } from '../../runtime/disk.ts'
import { CachedStore } from './cached-store.ts'
import { FolderStore } from './folder-store.ts'

const root = mkdtempSync(join(tmpdir(), 'anabranch-cache-'))
const opened: { close(): Promise<void> }[] = []
afterAll(async () => {
  await Promise.all(opened.map((store) => store.close()))
  rmSync(root, { recursive: true })
})
const logger = { info: () => {}, warn: () => {}, error: () => {} }
let folders = 0

/** Counts what reaches the store. */
class CountedStore extends MemoryStore {
  reads: string[] = []

  override getRange(key: string, start: number, end: number): Promise<Uint8Array | undefined> {
    this.reads.push(`${key} ${start}-${end}`)
    return super.getRange(key, start, end)
  }
}

async function open(store: ObjectStore, folder: string, bytesMax = 1 << 20): Promise<CachedStore> {
  const cache = await CachedStore.open({ store, disk: realDisk(root), folder, bytesMax, logger })
  opened.push(cache)
  return cache
}

async function storeWith(...keys: string[]): Promise<CountedStore> {
  const store = new CountedStore()
  for (const key of keys)
    await store.putIfAbsent(
      key,
      new Uint8Array(1000).map((_, i) => i + key.length),
    )
  return store
}

objectStoreContract('cache over a folder', () => {
  const folder = `contract${folders++}`
  const store = new FolderStore(realDisk(root), `${folder}-store`, new SeededRandom(folders))
  opened.push(store)
  return open(store, folder)
})

test('cache: an empty volume -> reads from the store at once, then from the volume, also after a restart', async () => {
  const key = 'segments/s0/1-a.segment'
  const store = await storeWith(key)
  const cache = await open(store, 'warm')
  const want = await store.getRange(key, 10, 20)
  store.reads = []
  expect(await cache.getRange(key, 10, 20)).toEqual(want)
  expect(store.reads[0]).toBe(`${key} 10-20`)
  await cache.idle()
  store.reads = []
  expect(await cache.getRange(key, 10, 20)).toEqual(want)
  expect((await cache.getRange(key, 990, 2000))?.length).toBe(10)
  expect(store.reads).toEqual([])
  const again = await open(store, 'warm')
  expect(again.counts).toMatchObject({ objects: 1, bytes: 1000 })
  // The first read finds out whether the file is whole.
  await again.getRange(key, 0, 1)
  await again.idle()
  store.reads = []
  expect(await again.getRange(key, 10, 20)).toEqual(want)
  expect(store.reads).toEqual([])
})

test('cache: a file that is damaged or cut short on the volume -> never served, fetched again', async () => {
  const key = 'segments/s0/2-b.segment'
  const store = await storeWith(key)
  const want = await store.getRange(key, 0, 1000)
  for (const damage of [
    (bytes: Buffer) => bytes.fill(7, 500, 501),
    (bytes: Buffer) => bytes.subarray(0, 600),
    (bytes: Buffer) => Buffer.concat([bytes, bytes]),
  ]) {
    const folder = `damaged${folders++}`
    const path = join(root, folder, 'segments+s0+2-b.segment')
    const filled = await open(store, folder)
    await filled.getRange(key, 0, 1)
    await filled.idle()
    writeFileSync(path, damage(readFileSync(path)))
    const cache = await open(store, folder)
    expect(await cache.getRange(key, 0, 1000)).toEqual(want)
    await cache.idle()
    expect(await cache.getRange(key, 0, 1000)).toEqual(want)
    await cache.idle()
    expect(cache.counts).toMatchObject({ objects: 1, bytes: 1000 })
  }
})

test('cache: the volume is full -> what was not read for longest goes, a huge object is not kept', async () => {
  const keys = ['a', 'b', 'c'].map((name) => `segments/s0/${name}.segment`)
  const store = await storeWith(...keys)
  await store.putIfAbsent('segments/s0/huge.segment', new Uint8Array(2000))
  const cache = await open(store, 'full', 2500)
  for (const key of [keys[0]!, keys[1]!, keys[0]!, keys[2]!, 'segments/s0/huge.segment']) {
    await cache.getRange(key, 0, 1)
    await cache.idle()
  }
  expect(readdirSync(join(root, 'full')).sort()).toEqual(['segments+s0+a.segment', 'segments+s0+c.segment'])
  expect(cache.counts).toMatchObject({ objects: 2, bytes: 2000 })
})

test('cache: the file disappears under it, or is dropped -> read from the store', async () => {
  const key = 'segments/s0/3-c.segment'
  const store = await storeWith(key)
  const want = await store.getRange(key, 0, 10)
  const cache = await open(store, 'gone')
  await cache.getRange(key, 0, 10)
  await cache.idle()
  rmSync(join(root, 'gone', 'segments+s0+3-c.segment'))
  expect(await cache.getRange(key, 0, 10)).toEqual(want)
  await cache.idle()
  await cache.drop(key)
  store.reads = []
  expect(await cache.getRange(key, 0, 10)).toEqual(want)
  expect(store.reads.length).toBeGreaterThan(0)
  await cache.idle()
})

test('cache: manifests and pages -> never kept', async () => {
  const store = await storeWith('manifests/s0/1.manifest')
  const cache = await open(store, 'manifests')
  await cache.getRange('manifests/s0/1.manifest', 0, 10)
  await cache.idle()
  expect(cache.counts).toEqual({ hits: 0, misses: 0, bytes: 0, objects: 0 })
})
