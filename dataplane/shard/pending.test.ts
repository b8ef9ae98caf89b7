import { describe, expect, test } from 'vitest'
import { expectedRows, idsOf, rowsOf, turns, World } from '../../test/support/shard-world.ts'

const away = () => ({ kind: 'fail' }) as const
const today = { project: 'p', day: 20_454 }

/** A shard that starts with a segment that holds `a`, and a store that can be taken away. */
async function withSegment() {
  const world = new World()
  await world.send({ id: 'a' })
  await (await world.start()).cut()
  const store = world.store()
  const shard = await world.start({ store })
  return { world, store, shard }
}

describe('undecided rows', () => {
  test('pending: the store is away -> only that project and day waits, in order, and is counted (DED-1)', async () => {
    const { world, store, shard } = await withSegment()
    store.faults = away
    await world.send({ id: 'a' }, { id: 'b' }, { id: 'x', project: 'q' }, { id: 'y', time: -1 })
    await world.send({ id: 'b' }, { id: 'c' }, { id: 'x', project: 'q' })
    await shard.catchUp()
    expect(shard.waitingDays).toEqual([today])
    expect(shard.pendingRows).toBe(4)
    const view = await shard.view()
    expect(view.pending).toBe(4)
    store.faults = () => undefined
    // The segment's `a`, the other project and the day before are there.
    expect(await idsOf(view)).toBe('a x y | x')
    expect((await shard.view({ generation: 1, next: new Map([[0, 2]]) })).pending).toBe(2)
    expect((await shard.view({ generation: 1, next: new Map([[0, 1]]) })).pending).toBe(0)
    expect(world.messages[0]).toMatch(/^warn: rows wait to be compared with segments .*"project":"p","day":20454/)
    world.clock.advance(1000)
    await turns()
    await shard.catchUp()
    expect(shard.pendingRows).toBe(0)
    expect(await rowsOf(await shard.view())).toEqual(expectedRows(world, shard.applied))
    // The early view is what it was.
    expect(await idsOf(view)).toBe('a x y | x')
  })

  test('settled: rows wait for a slow store -> resolves when those before the vector are decided (QRY-1)', async () => {
    const { world, store, shard } = await withSegment()
    store.faults = ({ kind }) => (kind === 'get' ? { kind: 'slow', ms: 1000 } : undefined)
    await world.send({ id: 'a' })
    await shard.readOnce(0)
    const { signal } = new AbortController()
    let isSettled = false
    const settled = shard.settled(shard.applied, signal).then(() => {
      isSettled = true
    })
    // What lies before the waiting rows is settled.
    await shard.settled({ generation: 1, next: new Map([[0, 1]]) }, signal)
    await turns()
    expect([isSettled, shard.pendingRows]).toEqual([false, 1])
    for (let step = 0; step < 20 && !isSettled; step++) {
      world.clock.advance(1000)
      await turns()
    }
    await settled
    expect(shard.pendingRows).toBe(0)
  })

  test('settled: the store refuses -> resolves with rows left pending; the caller leaves, the shard stops -> rejects', async () => {
    const { world, store, shard } = await withSegment()
    store.faults = ({ kind }) => (kind === 'get' ? { kind: 'slow', ms: 1000 } : undefined)
    await world.send({ id: 'a' })
    await shard.readOnce(0)
    const caller = new AbortController()
    const left = shard.settled(shard.applied, caller.signal)
    caller.abort(new Error('left'))
    await expect(left).rejects.toThrow('left')
    const refused = shard.settled(shard.applied, new AbortController().signal)
    store.faults = ({ kind }) => (kind === 'get' ? { kind: 'fail' } : undefined)
    for (let step = 0; step < 2; step++) {
      world.clock.advance(500)
      await turns()
    }
    await refused
    expect(shard.pendingRows).toBe(1)
    store.faults = ({ kind }) => (kind === 'get' ? { kind: 'slow', ms: 5000 } : undefined)
    world.clock.advance(1000)
    await turns()
    const ended = shard.settled(shard.applied, new AbortController().signal)
    shard.stop(new Error('the test stops it'))
    await expect(ended).rejects.toThrow('the test stops it')
  })

  test('pending: a cut while rows wait -> takes what lies before the first of them, and later the rest (MAN-1)', async () => {
    const { world, store, shard } = await withSegment()
    await world.send({ id: 'x', project: 'q' })
    await shard.catchUp()
    const segment = shard.manifest.references[0]!.key
    store.faults = ({ key }) => (key === segment ? { kind: 'fail' } : undefined)
    await world.send({ id: 'a' }, { id: 'y', project: 'q' })
    await world.send({ id: 'z', project: 'q' })
    await shard.catchUp()
    expect(shard.pendingRows).toBe(1)
    expect(await shard.cut()).toEqual({ kind: 'cut', version: 3, rows: 1 })
    expect(shard.manifest.offsets.next.get(0)).toBe(2)
    expect(await shard.cut()).toEqual({ kind: 'nothing' })
    store.faults = () => undefined
    expect(await idsOf(await shard.view())).toBe('a x y z')
    world.clock.advance(1000)
    await turns()
    expect(await shard.cut()).toEqual({ kind: 'cut', version: 4, rows: 3 })
    expect(await rowsOf(await shard.view())).toEqual(expectedRows(world, shard.applied))
    expect(await rowsOf(await (await world.start()).view())).toEqual(expectedRows(world, shard.applied))
  })

  test('pending: the first copy is cut while a row of its record waits for a segment -> counts once (DED-1)', async () => {
    const { world, store, shard } = await withSegment()
    await world.send({ id: 'b' })
    await shard.catchUp()
    const segment = shard.manifest.references[0]!.key
    store.faults = ({ kind, key }) => (kind === 'get' && key === segment ? { kind: 'slow', ms: 1000 } : undefined)
    await world.send({ id: 'b' }, { id: 'a' })
    await shard.readOnce(0)
    expect(shard.pendingRows).toBe(2)
    expect((await shard.cut()).kind).toBe('cut')
    expect(shard.tailRows).toBe(0)
    while (shard.pendingRows > 0) {
      world.clock.advance(1000)
      await turns()
    }
    store.faults = () => undefined
    expect(await idsOf(await shard.view())).toBe('a b | a b')
  })

  test('pending: a damaged segment -> its day waits, nothing is guessed, the rest goes on (DED-1)', async () => {
    const { world, shard } = await withSegment()
    const { key } = shard.manifest.references[0]!
    world.bucket.flip(key, 16 * 8)
    await world.send({ id: 'a' }, { id: 'x', project: 'q' })
    await shard.catchUp()
    expect(shard.waitingDays).toEqual([today])
    expect(world.messages[0]).toMatch(/SEGMENT_CORRUPT/)
    world.bucket.flip(key, 16 * 8)
    world.clock.advance(1000)
    await turns()
    expect(await idsOf(await shard.view())).toBe('a x | a')
  })

  test('pending: the shard stops meanwhile -> the rows stay undecided and the next process decides them', async () => {
    const { world, store, shard } = await withSegment()
    store.faults = away
    await world.send({ id: 'a' }, { id: 'b' })
    await shard.catchUp()
    shard.stop(new Error('closing'))
    world.clock.advance(1000)
    await turns()
    expect(world.clock.sleeping).toBe(0)
    store.faults = () => undefined
    expect(await idsOf(await (await world.start()).view())).toBe('a b | a')
  })

  test('pending: a cut moves rows out of the tail -> copies of them are found in the segment (DED-1)', async () => {
    const { world, shard } = await withSegment()
    for (let i = 0; i < 5; i++) {
      await world.send({ id: 'n' }, { id: `${i}`, user: 'v', event: 'F' }, { id: `${i - 1}`, user: 'v', event: 'F' })
      await shard.catchUp()
      await shard.cut()
    }
    expect(await rowsOf(await shard.view())).toEqual(expectedRows(world, shard.applied))
  })

  test('filters: beyond their memory the unused are dropped, and built again from segments (DED-1)', async () => {
    const { world } = await withSegment()
    const shard = await world.start({ limits: { filterBytesMax: 0 } })
    for (const project of ['p', 'q', 'p']) {
      await world.send({ id: 'a', project }, { id: project, project })
      await shard.catchUp()
      await shard.cut()
    }
    expect(await rowsOf(await shard.view())).toEqual(expectedRows(world, shard.applied))
  })
})
