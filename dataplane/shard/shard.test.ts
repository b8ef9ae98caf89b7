import { describe, expect, test } from 'vitest'
import { idsOf, World } from '../../test/support/shard-world.ts'

describe('dedupe', () => {
  test('shard: copies in one record, in the next, after a cut, after a restart -> count once, all kept (DED-1, DED-2)', async () => {
    const world = new World()
    await world.send({ id: 'a' }, { id: 'b' }, { id: 'a' })
    let shard = await world.start()
    expect(await idsOf(await shard.view())).toBe('a b | a')
    await world.send({ id: 'b' }, { id: 'c' })
    await shard.catchUp()
    expect(await idsOf(await shard.view())).toBe('a b c | a b')
    expect(await shard.cut()).toEqual({ kind: 'cut', version: 2, rows: 5 })
    expect(await idsOf(await shard.view())).toBe('a b c | a b')
    await world.send({ id: 'c' }, { id: 'd' })
    await shard.catchUp()
    expect(await idsOf(await shard.view())).toBe('a b c d | a b c')
    shard = await world.start()
    expect(await idsOf(await shard.view())).toBe('a b c d | a b c')
  })
})
