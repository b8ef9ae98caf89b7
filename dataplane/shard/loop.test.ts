import { describe, expect, test } from 'vitest'
import { corrupt } from '../../common/errors/errors.ts'
import { MemoryLog } from '../../test/support/memory-log.ts'
import { expectedRows, rowsOf, turns, until, World } from '../../test/support/shard-world.ts'
import type { LogEntry } from '../core/ports.ts'
import { encodeRecord } from '../log/record/encode.ts'
import { runShard } from './loop.ts'
import type { Shard } from './shard.ts'

const event = { project: 'p', event: 'E', distinctId: 'u', time: 1, insertId: 'a', properties: {} }
const row = { event, h: 0, position: 0 }

/** Runs a shard in the background of a test. */
function drive(shard: Shard) {
  const controller = new AbortController()
  const ended = runShard(shard, controller.signal).then(
    () => 'stopped',
    (error: Error) => error.message,
  )
  return {
    ended,
    async stop() {
      controller.abort(new Error('end of the test'))
      return ended
    },
  }
}

/** Moves the clock in small steps, so that whoever wakes acts before the next. */
async function pass(world: World, seconds: number): Promise<void> {
  for (let i = 0; i < seconds * 2; i++) {
    world.clock.advance(500)
    await turns(300)
  }
}

describe('loop', () => {
  test('loop: records come -> applied as they come, cut after a minute, offsets moved when idle (ING-1, MAN-1)', async () => {
    const world = new World(2)
    const shard = await world.open()
    const run = drive(shard)
    await world.send({ id: 'a' }, { id: 'b', user: 'v' })
    await shard.waitFor({ generation: 1, next: new Map([[world.sent[0]!.partition, 1]]) })
    await pass(world, 58)
    expect(shard.manifest.version).toBe(1)
    await pass(world, 3)
    await until(() => shard.manifest.version === 2)
    expect(shard.tailRows).toBe(0)
    await pass(world, 130)
    expect(shard.manifest.version).toBe(2)
    await world.send({ id: 'c' })
    await until(() => shard.tailRows === 1)
    await pass(world, 61)
    await until(() => shard.manifest.version === 3)
    expect(await rowsOf(await shard.view())).toEqual(expectedRows(world, shard.applied))
    expect(await run.stop()).toBe('stopped')
    expect(world.clock.sleeping).toBe(0)
    expect(world.messages).toEqual([])
  })

  test('loop: the tail is full -> cut at once, not after a minute', async () => {
    const world = new World()
    const shard = await world.open({ limits: { segmentRowsMax: 3 } })
    const run = drive(shard)
    await world.send({ id: 'a' }, { id: 'b' }, { id: 'c' })
    await until(() => shard.tailRows === 3)
    await pass(world, 2)
    expect(shard.manifest.version).toBe(2)
    await run.stop()
  })

  test('loop: the primary is gone -> its follower first follows, then cuts after three intervals (MAN-1)', async () => {
    const world = new World()
    const primary = await world.open()
    const follower = await world.open({ isPrimary: false })
    const runs = [drive(primary), drive(follower)]
    await world.send({ id: 'a' })
    await until(() => primary.tailRows === 1 && follower.tailRows === 1)
    await pass(world, 70)
    expect([primary.manifest.version, follower.manifest.version]).toEqual([2, 2])
    expect(follower.manifest.nonce).toBe(primary.manifest.nonce)
    await runs[0]!.stop()
    await world.send({ id: 'b' })
    await until(() => follower.tailRows === 1)
    await pass(world, 170)
    expect(follower.manifest.version).toBe(2)
    await pass(world, 15)
    expect(follower.manifest.version).toBe(3)
    await runs[1]!.stop()
  })

  test('loop: the store is away for a while -> said, tried again, nothing lost (MAN-1)', async () => {
    const world = new World()
    const store = world.store()
    const shard = await world.open({ store })
    const run = drive(shard)
    await world.send({ id: 'a' })
    await until(() => shard.tailRows === 1)
    store.faults = () => ({ kind: 'fail' })
    await pass(world, 65)
    expect(world.messages[0]).toMatch(/^error: no cut was made .*STORE_UNAVAILABLE/)
    expect(await rowsOf(await shard.view())).toEqual(expectedRows(world, shard.applied))
    store.faults = () => undefined
    await pass(world, 3)
    expect(shard.manifest.version).toBe(2)
    await run.stop()
  })

  test('loop: cuts fail for long -> reading pauses instead of filling the memory', async () => {
    const world = new World()
    const store = world.store()
    const shard = await world.open({ store, limits: { tailRowsMax: 3, segmentRowsMax: 3, readBytesMax: 1 } })
    const run = drive(shard)
    store.faults = () => ({ kind: 'fail' })
    for (let i = 0; i < 10; i++) await world.send({ id: `${i}` })
    await pass(world, 5)
    expect(shard.tailRows).toBe(4)
    store.faults = () => undefined
    await pass(world, 20)
    await until(() => shard.applied.next.get(0) === 10)
    expect(await rowsOf(await shard.view())).toEqual(expectedRows(world, shard.applied))
    await run.stop()
  })

  test('loop: a damaged record, one of another generation or partition -> stops, skips nothing (MAN-1)', async () => {
    const good = encodeRecord({ generation: 1, partition: 0, rows: [row] })
    const damaged = good.slice()
    damaged[damaged.length - 1]! ^= 1
    for (const [record, message] of [
      [damaged, /^RECORD_CORRUPT: partition 0 offset 1/],
      [
        encodeRecord({ generation: 2, partition: 0, rows: [row] }),
        /^FORMAT_UNKNOWN: partition 0 offset 1: generation: got 2, want 1/,
      ],
      [
        encodeRecord({ generation: 1, partition: 1, rows: [row] }),
        /^RECORD_CORRUPT: partition 0 offset 1: partition in the header: got 1, want 0/,
      ],
    ] as const) {
      const world = new World()
      await world.log.append(0, good)
      await world.log.append(0, record)
      await world.log.append(0, good)
      const shard = await world.open()
      const waiting = shard.waitFor({ generation: 1, next: new Map([[0, 3]]) })
      const run = drive(shard)
      await expect(waiting).rejects.toThrow(message)
      expect(await run.ended).toMatch(message)
      await expect(shard.view()).rejects.toThrow(message)
      expect(shard.applied.next.get(0)).toBe(1)
      expect(world.clock.sleeping).toBe(0)
    }
  })

  test('loop: the log was trimmed past what the shard needs -> LOG_GAP at once, or when it gets there (MAN-1)', async () => {
    const log = new TrimmedLog()
    const record = encodeRecord({ generation: 1, partition: 0, rows: [row] })
    for (let i = 0; i < 4; i++) await log.append(0, record)
    const world = new World()
    const shard = await world.open({ log, limits: { readBytesMax: 1 } })
    await shard.readOnce(0)
    log.first = 3
    expect(await drive(shard).ended).toMatch(/^LOG_GAP: partition 0: first offset: got 3, want 1/)
    await expect(shard.view()).rejects.toThrow(/^LOG_GAP/)
    await expect(world.open({ log })).rejects.toThrow(/^LOG_GAP: partition 0: first offset: got 3, want 0/)
  })
})

/** Lost its first records. */
class TrimmedLog extends MemoryLog {
  first = 0

  override async read(partition: number, offset: number, bytesMax: number): Promise<LogEntry[]> {
    if (offset < this.first) {
      const object = `partition ${partition}`
      corrupt({ code: 'LOG_GAP', object, what: 'first offset', got: this.first, want: offset })
    }
    return super.read(partition, offset, bytesMax)
  }
}
