import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { SimulatedDisk } from '../../../sim/disk/disk.ts'
import { faultAt, faultOn } from '../../../sim/disk/faults.ts'
import { SeededRandom } from '../../../sim/random.ts'
import { objectStoreContract } from '../../../test/support/object-store-contract.ts'
import { realDisk } from '../../runtime/disk.ts'
import { FolderStore } from './folder-store.ts'

const folder = mkdtempSync(join(tmpdir(), 'anabranch-store-'))
const stores: FolderStore[] = []
afterAll(async () => {
  await Promise.all(stores.map((store) => store.close()))
  rmSync(folder, { recursive: true })
})

function open(): FolderStore {
  const store = new FolderStore(realDisk(folder), `store${stores.length}`, new SeededRandom(stores.length))
  stores.push(store)
  return store
}

objectStoreContract('folder on a real disk', async () => open())
objectStoreContract('folder on a simulated disk with short reads', async () => {
  const disk = new SimulatedDisk({ seed: 5, shortReads: 0.7 })
  return new FolderStore(disk, 'store', new SeededRandom(1))
})

test('folder store: a put leaves no temporary file behind, and those of a crash are not listed', async () => {
  const store = open()
  const root = join(folder, `store${stores.length - 1}`)
  await store.putIfAbsent('a/b.x', new Uint8Array(3))
  await store.putIfAbsent('a/b.x', new Uint8Array(3))
  expect(readdirSync(join(root, '.incoming'))).toEqual([])
  writeFileSync(join(root, '.incoming', 'torn.x'), 'half an obj')
  expect(await store.list('')).toEqual(['a/b.x'])
})

test('folder store: puts that fail for want of room -> what they wrote is given back, so trying again does not fill the disk', async () => {
  const disk = new SimulatedDisk({ seed: 1, capacityBytes: 10_000 })
  const store = new FolderStore(disk, 'store', new SeededRandom(1))
  for (let i = 0; i < 5; i++)
    await expect(store.putIfAbsent('a/b.x', new Uint8Array(12_000))).rejects.toThrow(/FULL|space/i)
  expect(await disk.list('store/.incoming')).toEqual([])
  disk.plan = ({ operation }) => (operation === 'link' ? 'io' : undefined)
  await expect(store.putIfAbsent('a/b.x', new Uint8Array(100))).rejects.toThrow(/UNAVAILABLE/)
  expect(await disk.list('store/.incoming')).toEqual([])
  disk.plan = () => undefined
  expect(await store.putIfAbsent('a/b.x', new Uint8Array(9000))).toBe('created')
})

test('folder store: an object that a list showed -> survives a power cut, though its writer died before it synced (MAN-1)', async () => {
  for (let seed = 0; seed < 20; seed++) {
    const disk = new SimulatedDisk({ seed, plan: faultOn('crash', { operation: 'syncFolder', path: 'store/m' }) })
    await Promise.race([
      new FolderStore(disk, 'store', new SeededRandom(1)).putIfAbsent('m/1.x', new Uint8Array(1)),
      disk.crashed,
    ])
    const after = disk.crash({ power: 'kept' })
    expect(await new FolderStore(after, 'store', new SeededRandom(2)).list('m/', { limit: 1 })).toEqual(['m/1.x'])
    const next = new FolderStore(after.crash({ power: 'cut', survival: 'none' }), 'store', new SeededRandom(3))
    expect(await next.size('m/1.x')).toBe(1)
  }
})

describe('folder store: faults', () => {
  const objects = Array.from({ length: 4 }, (_, i) => ({
    key: `s/${i >>> 1}/o${i}.x`,
    bytes: new Uint8Array(1500 + i).fill(65 + i),
  }))

  /** Puts the objects one after the other; answers how many were acknowledged before the machine stopped. */
  async function putAll(disk: SimulatedDisk): Promise<number> {
    const store = new FolderStore(disk, 'store', new SeededRandom(1))
    let acknowledged = 0
    const all = (async () => {
      for (const { key, bytes } of objects) {
        await store.putIfAbsent(key, bytes)
        acknowledged++
      }
    })()
    await Promise.race([all, disk.crashed])
    return acknowledged
  }

  async function check(disk: SimulatedDisk, acknowledged: number): Promise<void> {
    const store = new FolderStore(disk, 'store', new SeededRandom(2))
    const keys = await store.list('')
    expect(keys).toEqual(expect.arrayContaining(objects.slice(0, acknowledged).map(({ key }) => key)))
    for (const { key, bytes } of objects) {
      expect(await store.size(key)).toBe(keys.includes(key) ? bytes.length : undefined)
      if (keys.includes(key)) expect(await store.getRange(key, 0, 9999)).toEqual(bytes)
      // The next process may put it again, whatever the last one left.
      expect(await store.putIfAbsent(key, bytes)).toBe(keys.includes(key) ? 'exists' : 'created')
    }
    expect(await store.list('')).toEqual(objects.map(({ key }) => key))
  }

  test('after a power cut at any step an object is whole or absent, and one that was acknowledged is there (MAN-1)', async () => {
    const counting = new SimulatedDisk()
    expect(await putAll(counting)).toBe(objects.length)
    for (let step = 0; step < counting.steps; step++) {
      for (const seed of [1, 2, 3]) {
        const disk = new SimulatedDisk({ seed: step * 3 + seed, plan: faultAt(step, 'crash') })
        const acknowledged = await putAll(disk)
        await check(disk.crash(), acknowledged)
      }
    }
  })

  test('a failing step is an error, and what it left is whole or absent (MAN-1)', async () => {
    const counting = new SimulatedDisk()
    await putAll(counting)
    for (let step = 0; step < counting.steps; step++) {
      for (const fault of ['io', 'full'] as const) {
        const disk = new SimulatedDisk({ seed: step, plan: faultAt(step, fault) })
        const outcome = await putAll(disk).catch((error: Error) => error.message)
        // Removing the temporary file is the one step whose failure does not matter.
        if (typeof outcome === 'string') expect(outcome).toMatch(/^STORE_UNAVAILABLE: folder store store: put s/)
        disk.plan = () => undefined
        await check(disk, typeof outcome === 'string' ? 0 : outcome)
      }
    }
  })

  test('an object that another writer linked but did not make durable is durable once `exists` is answered (MAN-1)', async () => {
    const [{ key, bytes }] = objects as [(typeof objects)[0]]
    const disk = new SimulatedDisk({ seed: 1 })
    await new FolderStore(disk, 'store', new SeededRandom(1)).putIfAbsent('s/0/first.x', bytes)
    disk.plan = faultOn('io', { operation: 'syncFolder', path: 's/0' })
    await expect(new FolderStore(disk, 'store', new SeededRandom(2)).putIfAbsent(key, bytes)).rejects.toThrow(
      /UNAVAILABLE/,
    )
    disk.plan = () => undefined
    expect(await new FolderStore(disk, 'store', new SeededRandom(3)).putIfAbsent(key, bytes)).toBe('exists')
    const after = new FolderStore(disk.crash({ survival: 'none' }), 'store', new SeededRandom(4))
    expect(await after.getRange(key, 0, 9999)).toEqual(bytes)
  })
})
