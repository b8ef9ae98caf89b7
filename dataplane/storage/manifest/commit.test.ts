import { describe, expect, test } from 'vitest'
import { SimulatedClock } from '../../../sim/clock.ts'
import { SimulatedDisk } from '../../../sim/disk/disk.ts'
import { faultOn } from '../../../sim/disk/faults.ts'
import { SeededRandom } from '../../../sim/random.ts'
import { SimBucket, type StoreFault, type StoreFaults } from '../../../sim/store.ts'
import { FolderStore } from '../object/folder-store.ts'
import { commitManifest } from './commit.ts'
import { manifestKey } from './key.ts'
import { headVersion, loadHead, loadReferences, loadVersion } from './load.ts'
import type { Manifest } from './manifest.ts'
import { loadPage, planPages, writePages } from './pages.ts'
import { sampleManifest, sampleReference } from './samples.ts'

const nonce = (letter: string) => letter.repeat(32)
const next = (version: number, letter: string, changes: Partial<Manifest> = {}) =>
  sampleManifest({ version, previous: version - 1, nonce: nonce(letter), pages: [], ...changes })

const connect = (bucket: SimBucket, faults?: StoreFaults, clock = new SimulatedClock()) => bucket.connect(clock, faults)
/** The first puts meet these faults, one each. */
const atPut = (...faults: StoreFault[]): StoreFaults => {
  let puts = 0
  return ({ kind }) => (kind === 'put' ? faults[puts++] : undefined)
}

describe('manifest head', () => {
  test('one list of one key finds the newest version, however many there are (MAN-1)', async () => {
    const store = connect(new SimBucket())
    expect(await loadHead(store, 's0')).toBeUndefined()
    for (const version of [1, 2, 9, 10, 11, 100]) await commitManifest(store, next(version, 'a'))
    await commitManifest(store, next(3, 'b', { shard: 's0-1' }))
    const before = store.counts.list
    expect((await loadHead(store, 's0'))!.version).toBe(100)
    expect(store.counts.list - before).toBe(1)
    expect(await headVersion(store, 's0-1')).toBe(3)
    expect((await loadVersion(store, 's0', 9)).version).toBe(9)
    await expect(loadVersion(store, 's0', 8)).rejects.toThrow(/OBJECT_MISSING: manifests\/s0\/\d+.manifest/)
  })

  test('a manifest at another key than its own is reported', async () => {
    const bucket = new SimBucket()
    const store = connect(bucket)
    await commitManifest(store, next(1, 'a'))
    bucket.objects.set(manifestKey('s0', 2), bucket.objects.get(manifestKey('s0', 1))!)
    await expect(loadHead(store, 's0')).rejects.toThrow(
      /MANIFEST_CORRUPT: .* got version 1 of s0, want version 2 of s0/,
    )
  })

  test('a damaged head is reported, not passed over', async () => {
    const bucket = new SimBucket()
    const store = connect(bucket)
    await commitManifest(store, next(1, 'a'))
    await commitManifest(store, next(2, 'a'))
    bucket.flip(manifestKey('s0', 2), 999)
    await expect(loadHead(store, 's0')).rejects.toThrow(/MANIFEST_CORRUPT/)
  })
})

describe('manifest commit', () => {
  test('of two writers of one version one wins and one learns that it lost (MAN-1)', async () => {
    const bucket = new SimBucket()
    const [a, b] = [connect(bucket), connect(bucket)]
    await commitManifest(a, next(1, 'a'))
    const outcomes = await Promise.all([commitManifest(a, next(2, 'a')), commitManifest(b, next(2, 'b'))])
    expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['lost', 'won'])
    const winner = outcomes[0]!.kind === 'won' ? 'a' : 'b'
    expect((await loadHead(a, 's0'))!.nonce).toBe(nonce(winner))
  })

  test('a lost reply is resolved by the nonce: ours is won, theirs is lost (MAN-1)', async () => {
    const bucket = new SimBucket()
    expect(await commitManifest(connect(bucket, atPut({ kind: 'loseReply' })), next(1, 'a'))).toEqual({
      kind: 'won',
    })
    await commitManifest(connect(bucket), next(2, 'b'))
    expect(await commitManifest(connect(bucket, atPut({ kind: 'loseReply' })), next(2, 'a'))).toEqual({
      kind: 'lost',
    })
    expect(await commitManifest(connect(bucket, atPut({ kind: 'fail' })), next(2, 'c'))).toEqual({ kind: 'lost' })
  })

  test('an unknown outcome is an error, and committing the same manifest again finds out (MAN-1)', async () => {
    const [bucket, clock] = [new SimBucket(), new SimulatedClock()]
    const store = connect(bucket, atPut({ kind: 'late', afterMs: 100 }, { kind: 'fail' }), clock)
    await expect(commitManifest(store, next(1, 'a'))).rejects.toThrow(/STORE_UNAVAILABLE/)
    clock.advance(100)
    await undefined
    expect(await commitManifest(store, next(1, 'a'))).toEqual({ kind: 'won' })
  })

  test('a commit that is seen but not durable is not won until it is (MAN-1)', async () => {
    const disk = new SimulatedDisk()
    const store = new FolderStore(disk, 'store', new SeededRandom(1))
    await commitManifest(store, next(1, 'a'))
    disk.plan = faultOn('io', { operation: 'syncFolder', path: 'manifests/s0' })
    expect(await commitManifest(store, next(2, 'a'))).toEqual({ kind: 'won' })
    const after = new FolderStore(disk.crash({ survival: 'none' }), 'store', new SeededRandom(2))
    expect((await loadHead(after, 's0'))!.version).toBe(2)
  })

  test('an unknown outcome that another writer overtook is lost when tried again', async () => {
    const bucket = new SimBucket()
    const store = connect(bucket, atPut({ kind: 'fail' }, { kind: 'fail' }))
    await expect(commitManifest(store, next(1, 'a'))).rejects.toThrow(/STORE_UNAVAILABLE/)
    await commitManifest(connect(bucket), next(1, 'b'))
    expect(await commitManifest(store, next(1, 'a'))).toEqual({ kind: 'lost' })
  })

  test('a writer that slept through deletions wins an old version and is told not to act (MAN-1)', async () => {
    const bucket = new SimBucket()
    const store = connect(bucket)
    for (const version of [1, 2, 3, 4]) await commitManifest(store, next(version, 'b'))
    bucket.objects.delete(manifestKey('s0', 2))
    expect(await commitManifest(connect(bucket), next(2, 'a'))).toEqual({ kind: 'superseded', head: 4 })
  })

  test('a commit that was ours all along is won, though others went on from it', async () => {
    const store = connect(new SimBucket())
    await commitManifest(store, next(1, 'a'))
    await commitManifest(store, next(2, 'b'))
    expect(await commitManifest(store, next(1, 'a'))).toEqual({ kind: 'won' })
  })

  test('a commit costs one put and one list', async () => {
    const store = connect(new SimBucket())
    await commitManifest(store, next(1, 'a'))
    expect(store.counts).toEqual({ put: 1, list: 1, get: 0, size: 0 })
  })
})

describe('manifest pages', () => {
  const references = Array.from({ length: 10 }, (_, i) => sampleReference(i, 20_500 + (i >>> 1)))

  test('few references stay inline; beyond the limit the older half moves to its days', () => {
    expect(planPages(references, 10)).toEqual({ inline: references, moved: new Map() })
    const { inline, moved } = planPages(references, 8)
    expect(inline).toEqual(references.slice(6))
    expect([...moved]).toEqual([
      [20_500, references.slice(0, 2)],
      [20_501, references.slice(2, 4)],
      [20_502, references.slice(4, 6)],
    ])
  })

  test('moving on and on keeps every reference once, in order of cuts, and old manifests whole (MAN-1)', async () => {
    const store = connect(new SimBucket())
    let manifest = next(1, 'a', { references: [], pages: [] })
    const versions: Manifest[] = []
    for (let cut = 0; cut < 40; cut++) {
      const plan = planPages([...manifest.references, sampleReference(cut, 20_500 + Math.floor(cut / 15))], 8)
      const pages = await writePages(store, 's0', { pages: manifest.pages, plan })
      manifest = {
        ...manifest,
        version: manifest.version + 1,
        previous: manifest.version,
        references: plan.inline,
        pages,
      }
      await commitManifest(store, manifest)
      versions.push(manifest)
    }
    expect(manifest.references.length).toBeLessThanOrEqual(8)
    expect(manifest.pages.map(({ day }) => day)).toEqual([20_500, 20_501, 20_502])
    for (const [cut, version] of versions.entries()) {
      const loaded = await loadReferences(store, await loadVersion(store, 's0', version.version))
      expect(loaded).toEqual(Array.from({ length: cut + 1 }, (_, i) => sampleReference(i, 20_500 + Math.floor(i / 15))))
    }
  })

  test('a page that is missing, damaged or another one is reported', async () => {
    const bucket = new SimBucket()
    const store = connect(bucket)
    const [page] = await writePages(store, 's0', { pages: [], plan: { inline: [], moved: new Map([[9, references]]) } })
    const [other] = await writePages(store, 's0', {
      pages: [],
      plan: { inline: [], moved: new Map([[9, references.slice(1)]]) },
    })
    expect(await loadPage(store, page!)).toEqual(references)
    bucket.objects.set('pages/s0/9/swapped.page', bucket.objects.get(other!.key)!)
    const swapped = { ...page!, key: 'pages/s0/9/swapped.page' }
    await expect(loadPage(store, swapped)).rejects.toThrow(/MANIFEST_CORRUPT: .*swapped.page/)
    await expect(loadPage(store, { ...swapped, references: 9 })).rejects.toThrow(/MANIFEST_CORRUPT: .* digest/)
    bucket.flip(page!.key, 300)
    await expect(loadPage(store, page!)).rejects.toThrow(/MANIFEST_CORRUPT/)
    await expect(loadPage(store, { ...page!, key: 'pages/s0/9/none.page' })).rejects.toThrow(/OBJECT_MISSING/)
  })
})
