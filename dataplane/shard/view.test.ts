import { describe, expect, test } from 'vitest'
import { arrivalOf, expectedRows, HeldBackground, idsOf, rowsOf, turns, World } from '../../test/support/shard-world.ts'

const at = (...next: number[]) => ({ generation: 1, next: new Map(next.entries()) })

describe('view', () => {
  test('view: rows sorted against their arrival -> each vector shows exactly its records (QRY-1)', async () => {
    const world = new World()
    for (const [i, user] of ['d', 'c', 'b', 'a'].entries()) {
      await world.send({ id: `${i}x`, user, time: 9 - i }, { id: `${i}y`, user: `${user}2`, event: 'B', time: -1 - i })
    }
    const shard = await world.start()
    for (let next = 0; next <= 4; next++) {
      const view = await shard.view(at(next))
      expect(await rowsOf(view)).toEqual(expectedRows(world, at(next)))
      expect(view.at).toEqual(at(next))
    }
  })

  test('view: many runs, merged on the way -> each vector shows exactly its records (QRY-1)', async () => {
    const world = new World()
    const shard = await world.start({ limits: { runRowsMax: 3, runsPerClass: 4 } })
    for (let i = 0; i < 40; i++) {
      const user = `u${(i * 7) % 5}`
      await world.send({ id: `a${i}`, user, time: 40 - i }, { id: `b${i}`, user, event: `E${i % 3}` })
      await shard.catchUp()
    }
    await turns(5000)
    expect((await shard.view()).sources.length).toBeLessThan(10)
    for (let next = 0; next <= 40; next++) {
      expect(await rowsOf(await shard.view(at(next)))).toEqual(expectedRows(world, at(next)))
    }
  })

  test('view: equal user, event and time -> the order of arrival, through runs, merges and cuts (QRY-1)', async () => {
    const world = new World()
    const shard = await world.start({ limits: { runRowsMax: 2, runsPerClass: 4 } })
    const ids = Array.from({ length: 30 }, (_, i) => `x${(i * 7) % 30}`)
    for (const [i, id] of ids.entries()) {
      await world.send({ id })
      await shard.catchUp()
      await turns(500)
      if (i === 9 || i === 19) await shard.cut()
    }
    expect(await arrivalOf(await shard.view())).toBe(ids.join(' '))
  })

  test('view: runs come while others merge -> the order of arrival, each row once (QRY-1)', async () => {
    const world = new World()
    const background = new HeldBackground()
    const shard = await world.start({ background, limits: { runRowsMax: 1, runsPerClass: 4 } })
    const send = async (...ids: string[]) => {
      for (const id of ids) await world.send({ id })
      await shard.catchUp()
    }
    background.hold(1)
    await send('d', 'c', 'b', 'a')
    expect(background.waiting).toBe(1)
    await send('z', 'y')
    background.release()
    await turns()
    expect((await shard.view()).sources.length).toBe(3)
    expect(await arrivalOf(await shard.view())).toBe('d c b a z y')
    expect(await arrivalOf(await shard.view(at(5)))).toBe('d c b a z')
    // And what a cut took meanwhile does not come back.
    background.hold(1)
    await send('x')
    expect(background.waiting).toBe(1)
    expect((await shard.cut()).kind).toBe('cut')
    await send('w')
    background.release()
    await turns()
    expect(await arrivalOf(await shard.view())).toBe('d c b a z y x w')
    expect(shard.tailRows).toBe(1)
  })

  test('view: taken before rows, merges and cuts -> does not change (MAN-1, QRY-1)', async () => {
    const world = new World()
    const shard = await world.start({ limits: { runRowsMax: 2, runsPerClass: 4 } })
    await world.send({ id: 'a' }, { id: 'b' }, { id: 'c' })
    await shard.catchUp()
    const early = await shard.view()
    const before = await rowsOf(early)
    for (let i = 0; i < 10; i++) {
      await world.send({ id: `${i}` }, { id: 'a' })
      await shard.catchUp()
      if (i % 3 === 0) await shard.cut()
      expect(await rowsOf(early)).toEqual(before)
    }
    world.clock.advance(1e6)
    shard.expire()
    expect(await rowsOf(early)).toEqual(before)
  })

  test('view: made while a cut is adopted -> shows its vector all the same (QRY-1)', async () => {
    const world = new World()
    await world.send({ id: 'a' }, { id: 'b' })
    const background = new HeldBackground()
    const shard = await world.start({ background })
    background.hold(1)
    const cutting = shard.cut()
    await turns()
    expect(background.waiting).toBe(1)
    await world.send({ id: 'c' })
    await shard.catchUp()
    const during = await shard.view()
    const old = await shard.view(at(1))
    background.release()
    expect((await cutting).kind).toBe('cut')
    await world.send({ id: 'd' })
    await shard.catchUp()
    expect(await idsOf(during)).toBe('a b c')
    expect(await idsOf(old)).toBe('a b')
    expect(await idsOf(await shard.view(at(1)))).toBe('a b')
    expect(await idsOf(await shard.view(at(2)))).toBe('a b c')
    expect(await idsOf(await shard.view())).toBe('a b c d')
  })

  test('view: of a vector before the last cut -> answered for as long as a query may run, then refused (QRY-1)', async () => {
    const world = new World()
    const shard = await world.start()
    for (const id of ['a', 'b', 'c', 'd']) {
      await world.send({ id })
      await shard.catchUp()
      if (id === 'b' || id === 'd') await shard.cut()
      world.clock.advance(10_000)
    }
    // Cuts at 2 (20 s ago) and at 4 (10 s ago).
    expect(await idsOf(await shard.view(at(1)))).toBe('a')
    expect(await idsOf(await shard.view(at(3)))).toBe('a b c')
    world.clock.advance(15_000)
    shard.expire()
    await expect(shard.view(at(1))).rejects.toThrow(
      /OFFSET_UNAVAILABLE: shard s0: generation 1 { 0: 1 } is no longer kept/,
    )
    expect(await idsOf(await shard.view(at(3)))).toBe('a b c')
    world.clock.advance(15_000)
    shard.expire()
    await expect(shard.view(at(3))).rejects.toThrow(/OFFSET_UNAVAILABLE/)
    expect(await idsOf(await shard.view(at(4)))).toBe('a b c d')
  })

  test('view: of vectors that no state can answer -> refused by name', async () => {
    const world = new World(2)
    const shard = await world.start()
    await expect(shard.view(at(1, 0))).rejects.toThrow(
      /OFFSET_UNAVAILABLE: .* is not applied yet, generation 1 { 0: 0, 1: 0 } is/,
    )
    await expect(shard.view(at(0))).rejects.toThrow(/OFFSET_UNAVAILABLE: .* does not name partition 1/)
    await expect(shard.view({ ...at(0, 0), generation: 2 })).rejects.toThrow(/OFFSET_UNAVAILABLE/)
  })

  test('view: of a vector that crosses a cut of another replica -> exact or refused, never mixed (QRY-1)', async () => {
    const world = new World(2)
    // Users of partition 0 and of partition 1.
    const users = [[], []] as string[][]
    for (let i = 0; users[0]!.length < 4 || users[1]!.length < 4; i++) {
      const probe = new World(2)
      await probe.send({ id: 'x', user: `u${i}` })
      users[probe.sent[0]!.partition]!.push(`u${i}`)
    }
    const send = async (partition: number, id: string) => world.send({ id, user: users[partition]![0]! })
    await send(0, 'p')
    await send(1, 'q')
    const [a, b] = [await world.start(), await world.start()]
    await send(0, 'r')
    await b.readOnce(0)
    // B has (2, 1); A cuts at (1, 1).
    await a.cut()
    await b.follow()
    expect(b.manifest.version).toBe(2)
    expect(await idsOf(await b.view(at(1, 1)))).toBe('p q')
    expect(await idsOf(await b.view(at(0, 1)))).toBe('q')
    await send(1, 's')
    await b.catchUp()
    // Before the cut in partition 0, after what B had when it adopted in partition 1: no state has it all.
    await expect(b.view(at(0, 2))).rejects.toThrow(/OFFSET_UNAVAILABLE/)
    expect(await idsOf(await b.view(at(1, 2)))).toBe('p q s')
    expect(await idsOf(await b.view(at(2, 2)))).toBe('p q r s')
  })
})

describe('waiting', () => {
  test('wait: a vector -> resolves when it is applied, and says why when it cannot be', async () => {
    const world = new World(2)
    const shard = await world.start()
    await world.send({ id: 'a' })
    const { partition } = world.sent[0]!
    const wanted = { generation: 1, next: new Map([[partition, 1]]) }
    let done = false
    const waiting = shard.waitFor(wanted).then(() => {
      done = true
    })
    await turns()
    expect(done).toBe(false)
    await shard.catchUp()
    await waiting
    await shard.waitFor(wanted)
    // Partitions of other shards are of no concern.
    await shard.waitFor({ generation: 1, next: new Map([[7, 100]]) })
    await expect(shard.waitFor({ ...wanted, generation: 2 })).rejects.toThrow(/OFFSET_UNAVAILABLE/)
    const controller = new AbortController()
    const aborted = shard.waitFor(at(9, 9), controller.signal)
    controller.abort(new Error('deadline'))
    await expect(aborted).rejects.toThrow('deadline')
    const stopped = shard.waitFor(at(9, 9))
    shard.stop(new Error('closing'))
    await expect(stopped).rejects.toThrow('closing')
    await expect(shard.view()).rejects.toThrow('closing')
  })
})
