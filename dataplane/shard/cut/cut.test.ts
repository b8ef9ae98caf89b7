import { describe, expect, test } from 'vitest'
import { SimulatedDisk } from '../../../sim/disk/disk.ts'
import { faultAt } from '../../../sim/disk/faults.ts'
import { SeededRandom } from '../../../sim/random.ts'
import type { StoreFault, StoreOperation } from '../../../sim/store.ts'
import { expectedRows, idsOf, inline, rowsOf, type Sent, turns, World } from '../../../test/support/shard-world.ts'
import type { Background } from '../../core/ports.ts'
import { commitManifest } from '../../storage/manifest/commit.ts'
import { manifestKey } from '../../storage/manifest/key.ts'
import { loadHead } from '../../storage/manifest/load.ts'
import { FolderStore } from '../../storage/object/folder-store.ts'
import type { Shard } from '../shard.ts'

const rows: Sent[] = Array.from({ length: 12 }, (_, i) => ({
  id: `i${i % 9}`,
  user: `u${i % 3}`,
  event: `E${i % 2}`,
  time: i % 4,
  project: `p${i % 2}`,
}))

async function check(world: World, shard: Shard): Promise<void> {
  const view = await shard.view()
  expect(view.pending).toBe(0)
  expect(await rowsOf(view)).toEqual(expectedRows(world, view.at))
}

let stores = 0
const folder = (disk: SimulatedDisk) => new FolderStore(disk, 'store', new SeededRandom(stores++))

/** A cut under way in a world with one cut behind it; what each operation of its store is. */
async function cutting(faults: (operation: StoreOperation) => StoreFault | undefined) {
  const world = new World()
  await world.send(...rows.slice(0, 5))
  await (await world.start()).cut()
  const store = world.store()
  const shard = await world.start({ store })
  await world.send(...rows.slice(5))
  await shard.catchUp()
  const operations: StoreOperation[] = []
  let first = -1
  store.faults = (operation) => {
    if (first === -1) first = operation.index
    operations.push(operation)
    return faults({ ...operation, index: operation.index - first })
  }
  return { world, store, shard, operations }
}

describe('cut', () => {
  test('cut: the tail becomes one segment that the manifest names, and reads go on (MAN-1)', async () => {
    const { world, store, shard, operations } = await cutting(() => undefined)
    expect(await shard.cut()).toEqual({ kind: 'cut', version: 3, rows: 7 })
    expect(shard.tailRows).toBe(0)
    expect((await shard.view()).sources).toHaveLength(2)
    await check(world, shard)
    const kinds = operations.map(({ kind, key }) => `${kind} ${key.split('/')[0]}`)
    // The object is put, read back, opened; the manifest put, and listed once.
    expect(kinds.slice(0, 2)).toEqual(['put segments', 'get segments'])
    expect(kinds.filter((kind) => kind.endsWith('manifests'))).toEqual(['put manifests', 'list manifests'])
    const { references, operation, offsets } = (await loadHead(store, 's0'))!
    expect(references.map(({ cuts }) => cuts)).toEqual([
      { first: 0, last: 0 },
      { first: 1, last: 1 },
    ])
    expect(references[1]).toMatchObject({ clip: null, rows: 7, days: { first: 20_454, last: 20_454 } })
    expect(operation).toMatchObject({ kind: 'cut', segment: references[1]!.id, input: { rows: 7 } })
    expect(offsets.next.get(0)).toBe(2)
  })

  test('cut: nothing new -> nothing is written; records without rows of the shard -> only the offsets move', async () => {
    const world = new World()
    const shard = await world.start({ ring: { start: 0, end: 1 } })
    expect(await shard.cut()).toEqual({ kind: 'nothing' })
    await world.send({ id: 'a' })
    await shard.catchUp()
    expect(await shard.cut()).toEqual({ kind: 'cut', version: 2, rows: 0 })
    expect(shard.manifest).toMatchObject({ references: [], nextCut: 0, operation: { segment: null } })
    expect(shard.manifest.offsets.next.get(0)).toBe(1)
    expect([...world.bucket.objects.keys()].filter((key) => key.startsWith('segments/'))).toEqual([])
  })

  test('cut: a crash or a fault at any operation of the store -> the state before or after, and the log heals it (MAN-1)', async () => {
    const clean = await cutting(() => undefined)
    await clean.shard.cut()
    const count = clean.operations.length
    for (let at = 0; at < count; at++) {
      const kinds = ['crashBefore', 'crashAfter', 'fail', 'loseReply', 'late'] as const
      for (const kind of kinds) {
        const { world, store, shard } = await cutting(({ index }) => {
          if (index !== at) return undefined
          if (kind === 'crashBefore') store.crash()
          if (kind === 'crashBefore' || kind === 'crashAfter') return { kind: 'slow', ms: 10 }
          return kind === 'late' ? { kind, afterMs: 50 } : { kind }
        })
        const isCrash = kind === 'crashBefore' || kind === 'crashAfter'
        const cut = shard.cut().then(
          ({ kind }) => kind,
          (error: Error) => error.message,
        )
        if (isCrash) {
          await turns(3000)
          world.clock.advance(5)
          await turns(50)
          store.crash()
          world.clock.advance(5)
          await turns(50)
        } else expect(await cut).toMatch(/^cut$|^STORE_UNAVAILABLE/)
        // Whoever comes next sees exactly the log's rows, and can cut.
        const next = await world.start()
        await check(world, next)
        expect((await next.cut()).kind).toMatch(/^cut$|^nothing$/)
        world.clock.advance(100)
        await turns(50)
        await check(world, next)
        // So does the one that met the fault.
        if (isCrash) continue
        await shard.cut()
        await shard.follow()
        await check(world, shard)
        expect(shard.manifest.offsets.next.get(0)).toBe(2)
      }
    }
  })

  test('cut: a commit with an unknown outcome is found out before anything else is decided (MAN-1)', async () => {
    const { world, store, shard } = await cutting(() => undefined)
    let puts = 0
    store.faults = ({ kind, key }) => {
      if (kind !== 'put' || !key.startsWith('manifests/')) return undefined
      return [{ kind: 'late', afterMs: 50 } as const, { kind: 'fail' } as const][puts++]
    }
    await expect(shard.cut()).rejects.toThrow(/STORE_UNAVAILABLE/)
    world.clock.advance(50)
    await turns(10)
    await world.send({ id: 'later' })
    await shard.catchUp()
    expect(await shard.cut()).toEqual({ kind: 'cut', version: 3, rows: 7 })
    expect(await shard.cut()).toEqual({ kind: 'cut', version: 4, rows: 1 })
    await check(world, shard)
    // One object a cut: the unknown commit was not answered by a second segment.
    expect([...world.bucket.objects.keys()].filter((key) => key.startsWith('segments/'))).toHaveLength(3)
  })

  test('cut: an encoder or a store that loses, alters or swaps anything -> CUT_MISMATCH, nothing is committed (MAN-1)', async () => {
    const world = new World()
    await world.send(...rows)
    const broken = (alter: (input: { inputs: { bytes: Uint8Array; keep?: Uint32Array[] }[] }) => void): Background => ({
      async run<Output>(task: 'mergeRuns' | 'digestSegment', input: unknown): Promise<Output> {
        if (task === 'mergeRuns') alter(input as never)
        return inline.run<Output>(task, input)
      },
    })
    const losesARow = broken(({ inputs }) => {
      Object.assign(inputs[0]!, { keep: [Uint32Array.of(0b111110), Uint32Array.of(0xffffffff)] })
    })
    const doubles = broken(({ inputs }) => inputs.push(inputs[0]!))
    for (const background of [losesARow, doubles]) {
      const shard = await world.start({ background })
      await expect(shard.cut()).rejects.toThrow(
        /CUT_MISMATCH: segments\/s0\/\S+: digest of the rows read back: got \d+\//,
      )
      expect(shard.manifest.version).toBe(1)
      await check(world, shard)
    }
    const store = world.store()
    const shard = await world.start({ store })
    store.faults = ({ kind, key }) => {
      if (kind === 'get' && key.startsWith('segments/')) world.bucket.flip(key, 99)
      return undefined
    }
    await expect(shard.cut()).rejects.toThrow(/SEGMENT_CORRUPT/)
    expect((await loadHead(store, 's0'))!.version).toBe(1)
    store.faults = () => undefined
    await check(world, shard)
    expect((await shard.cut()).kind).toBe('cut')
    await check(world, shard)
  })
})

describe('cut on a folder', () => {
  test('cut: a power cut or an error at any step of the disk -> the state before or after, and the log heals it (MAN-1)', async () => {
    const world = new World()
    await world.send(...rows.slice(0, 5))
    const first = new SimulatedDisk()
    await (await world.start({ store: folder(first) })).cut()
    await world.send(...rows.slice(5))
    /** Cuts on a copy of the disk that meets the fault at the step; answers how many steps a cut takes. */
    const cutOn = async (disk: SimulatedDisk) => {
      const shard = await world.start({ store: folder(disk) })
      const before = disk.steps
      return {
        before,
        cut: () => Promise.race([shard.cut().catch((error: Error) => error.message), disk.crashed]),
        shard,
      }
    }
    const clean = first.copy()
    const { before, cut } = await cutOn(clean)
    await cut()
    const count = clean.steps - before
    expect(count).toBeGreaterThan(40)
    for (let step = 0; step < count; step++) {
      for (const fault of ['crash', 'io'] as const) {
        const disk = first.copy()
        const { before, cut, shard } = await cutOn(disk)
        disk.plan = faultAt(before + step, fault)
        await cut()
        disk.plan = () => undefined
        if (fault === 'io') await shard.cut()
        if (fault === 'io') await check(world, shard)
        const after = disk.crash()
        const next = await world.start({ store: folder(after) })
        await next.cut()
        await check(world, next)
        if (step % 4 === 0) await check(world, await world.start({ store: folder(after) }))
      }
    }
  })
})

describe('two replicas', () => {
  test('race: both cut -> one wins, the other adopts its segment, and each goes on (MAN-1, AUD-1)', async () => {
    const world = new World()
    await world.send(...rows)
    const [a, b] = [await world.start(), await world.start()]
    await world.send({ id: 'more' })
    await b.catchUp()
    const outcomes = await Promise.all([a.cut(), b.cut()])
    expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['cut', 'lost'])
    expect(a.manifest.nonce).toBe(b.manifest.nonce)
    await a.catchUp()
    for (const shard of [a, b]) await check(world, shard)
    await world.send({ id: 'i0', user: 'u0', event: 'E0', project: 'p0' }, { id: 'last' })
    for (const shard of [a, b]) await shard.catchUp()
    expect((await b.cut()).kind).toBe('cut')
    await a.follow()
    expect(a.manifest.nonce).toBe(b.manifest.nonce)
    for (const shard of [a, b]) await check(world, shard)
    await check(world, await world.start())
  })

  test('follow: a replica that lags -> adopts when it has applied as much, not before (AUD-1)', async () => {
    const world = new World()
    const [a, b] = [await world.start(), await world.start()]
    await world.send(...rows)
    await a.catchUp()
    await a.cut()
    expect(await b.follow()).toBe(false)
    expect(b.manifest.version).toBe(1)
    await b.catchUp()
    expect(await b.follow()).toBe(true)
    expect(b.manifest.nonce).toBe(a.manifest.nonce)
    expect(b.tailRows).toBe(0)
    await check(world, b)
  })

  test('race: the loser has applied less than the winner -> writes nothing more until it has (MAN-1)', async () => {
    const world = new World()
    await world.send({ id: 'a' })
    const [slow, fast] = [await world.start(), await world.start()]
    await world.send(...rows)
    await fast.catchUp()
    await fast.cut()
    expect(await slow.cut()).toEqual({ kind: 'lost' })
    const objects = world.bucket.objects.size
    expect(await slow.cut()).toEqual({ kind: 'lost' })
    expect(world.bucket.objects.size).toBe(objects)
    await slow.catchUp()
    expect(await slow.cut()).toEqual({ kind: 'nothing' })
    expect(slow.manifest.nonce).toBe(fast.manifest.nonce)
    await check(world, slow)
  })

  test('audit: a replica that applied one event differently -> stops and says which range (AUD-1)', async () => {
    const [world, other] = [new World(), new World()]
    await world.send(...rows)
    await other.send(...rows.slice(0, -1), { ...rows.at(-1)!, properties: { altered: true } })
    const a = await world.start()
    const b = await world.start({ log: other.log })
    await a.cut()
    await expect(b.follow()).rejects.toThrow(
      /REPLICA_DIVERGED: manifest 2 of shard s0: digest of the log from generation 1 { 0: 0 } to generation 1 { 0: 1 }: got 12\/\d\/\w+, want 12\/\d\/\w+, as applied here/,
    )
    await expect(b.view()).rejects.toThrow(/REPLICA_DIVERGED/)
    await check(world, a)
  })

  test('superseded: a replica whose next manifest was deleted -> stops, and its successor starts from the head', async () => {
    const world = new World()
    await world.send(...rows)
    const [sleeper, awake] = [await world.start({ isPrimary: false }), await world.start()]
    for (let i = 0; i < 2; i++) {
      await world.send({ id: `${i}` })
      await awake.catchUp()
      await awake.cut()
    }
    world.bucket.objects.delete(manifestKey('s0', 2))
    await expect(sleeper.follow()).rejects.toThrow(/SHARD_SUPERSEDED: shard s0: manifest 2 is gone and 3 is there/)
    await expect(sleeper.view()).rejects.toThrow(/SHARD_SUPERSEDED/)
    await check(world, await world.start())
  })

  test('superseded: a writer that slept through a deleted history -> stops without acting (MAN-1)', async () => {
    const world = new World()
    await world.send(...rows)
    const sleeper = await world.start()
    const awake = await world.start()
    for (let i = 0; i < 3; i++) {
      await world.send({ id: `${i}` })
      await awake.catchUp()
      await awake.cut()
    }
    world.bucket.objects.delete(manifestKey('s0', 2))
    await expect(sleeper.cut()).rejects.toThrow(/SHARD_SUPERSEDED/)
    await expect(sleeper.view()).rejects.toThrow(/SHARD_SUPERSEDED/)
    await check(world, await world.start())
  })
})

describe('opening', () => {
  test('open: two replicas of a new shard at once -> one manifest (MAN-1)', async () => {
    const world = new World(4)
    const shards = await Promise.all([world.open(), world.open(), world.open()])
    expect(new Set(shards.map(({ manifest }) => manifest.nonce)).size).toBe(1)
    expect(world.bucket.objects.size).toBe(1)
  })

  test('open: a damaged manifest or segment, a missing segment, another range -> said by name', async () => {
    const world = new World()
    await world.send(...rows)
    const shard = await world.start()
    await shard.cut()
    const { key } = shard.manifest.references[0]!
    const head = manifestKey('s0', 2)
    for (const bit of [3, 40, 70, 100, 500, 3000]) {
      world.bucket.flip(head, bit)
      await expect(world.start()).rejects.toThrow(/^MANIFEST_CORRUPT: manifests\/s0\/\d+.manifest/)
      world.bucket.flip(head, bit)
    }
    const size = world.bucket.objects.get(key)!.length
    world.bucket.flip(key, size * 8 - 1)
    await expect(world.start()).rejects.toThrow(/SEGMENT_CORRUPT: segments/)
    world.bucket.flip(key, size * 8 - 1)
    const bytes = world.bucket.objects.get(key)!
    world.bucket.objects.set(key, bytes.subarray(0, size - 8))
    await expect(world.start()).rejects.toThrow(/SEGMENT_CORRUPT: segments/)
    world.bucket.objects.delete(key)
    await expect(world.start()).rejects.toThrow(/OBJECT_MISSING: segments/)
    world.bucket.objects.set(key, bytes)
    await expect(world.start({ ring: { start: 0, end: 5 } })).rejects.toThrow(
      /^SHARD_MISMATCH: shard s0: got ring 0 to 4294967296, .*, want ring 0 to 5, .*\. Configure/,
    )
    await check(world, await world.start())
  })

  test('open: the log no longer has what follows the manifest -> LOG_GAP, nothing is skipped', async () => {
    const [world, shorter] = [new World(), new World()]
    await world.send(...rows)
    await (await world.start()).cut()
    await expect(world.start({ log: shorter.log })).rejects.toThrow(/LOG_GAP/)
  })

  test('clips: two shards that see halves of one segment -> each row is seen once, whoever looks (MAN-1)', async () => {
    const world = new World()
    await world.send(...rows.map((row, i) => ({ ...row, user: `user ${i}` })))
    const shard = await world.start()
    await shard.cut()
    const whole = await rowsOf(await shard.view())
    const halves = []
    for (const [name, ring] of [
      ['left', { start: 0, end: 2 ** 31 }],
      ['right', { start: 2 ** 31, end: 2 ** 32 }],
    ] as const) {
      const clip = ['p0', 'p1'].map((project) => ({ project, spread: 16, ranges: [ring] }))
      const references = shard.manifest.references.map((reference) => ({ ...reference, clip }))
      await commitManifest(world.store(), {
        ...shard.manifest,
        shard: name,
        version: 1,
        previous: 0,
        references,
        operation: { kind: 'create' },
      })
      const half = await world.start({ shard: name })
      halves.push(await rowsOf(await half.view()))
    }
    expect(halves.every((half) => half.length > 0)).toBe(true)
    expect(
      halves
        .flat()
        .map((row) => JSON.stringify(row))
        .sort(),
    ).toEqual(whole.map((row) => JSON.stringify(row)))
  })

  test('ring: shards that share the ring -> each row in exactly one, copies too', async () => {
    const world = new World(4)
    for (let i = 0; i < 4; i++) {
      const events = Array.from({ length: 20 }, (_, n) => ({
        id: `${n % 7}`,
        user: `u${(n * 3 + i) % 11}`,
        project: `p${n % 2}`,
      }))
      await world.send(...events)
    }
    const bounds = [0, 0.1, 0.5, 0.6, 1].map((part) => Math.floor(part * 2 ** 32))
    const all = []
    for (let i = 0; i < 4; i++) {
      const shard = await world.start({ shard: `s${i}`, ring: { start: bounds[i]!, end: bounds[i + 1]! } })
      await shard.cut()
      all.push(...(await rowsOf(await shard.view())))
    }
    const everything = expectedRows(world, (await world.start({ shard: 'all' })).applied)
    expect(all.map((row) => JSON.stringify(row)).sort()).toEqual(everything.map((row) => JSON.stringify(row)))
    expect(await idsOf(await (await world.start({ shard: 'all' })).view())).toMatch(/ \| 0 0/)
  })
})
