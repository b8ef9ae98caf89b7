import { expect, test } from 'vitest'
import { turn } from '../../../sim/kernel/turn.ts'
import type { Room } from '../../core/ports.ts'
import { realClock } from '../../runtime/clock.ts'
import type { ByteSource, Segment } from '../../storage/segment/contract.ts'
import { QueryContext } from '../context.ts'
import { QueryMemory } from '../memory.ts'
import type { Sources } from './frames.ts'
import type { PlannedSlice } from './plan.ts'
import { ReadAhead } from './read-ahead.ts'

const bytesOfSlice = 40_000

/** Three slices side by side, and their segment, whose reads wait for `go` and then put 7s in the room they were given. */
function waiting(isWhole: boolean) {
  const waits: (() => void)[] = []
  const source: ByteSource = {
    byteLength: 3 * bytesOfSlice,
    name: 'waiting',
    async read(start: number, end: number, room?: Room) {
      const bytes = room!.bytes(end - start)
      await new Promise<void>((resolve) => waits.push(resolve))
      return bytes.fill(7)
    },
  }
  const segment = { source } as Segment
  const planned = [0, 1, 2].map((day) => plannedSlice(day, isWhole))
  const sources = { byIndex: new Map([[0, { view: { segment } }]]), users: 0 } as unknown as Sources
  const go = () => {
    for (const resolve of waits.splice(0)) resolve()
  }
  return { planned, segment, sources, go }
}

function plannedSlice(day: number, isWhole: boolean): PlannedSlice {
  return {
    source: 0,
    entry: {
      ...{ index: day, project: 'p', day, rows: 9, maskedRows: 0, minTime: 0, maxTime: 0, isWhole },
      ...{ start: day * bytesOfSlice, end: (day + 1) * bytesOfSlice },
    },
  }
}

test.each([
  ['by itself', false],
  ['with its neighbours', true],
])(
  'read ahead: a scan ends while a slice is read %s -> no other query gets the memory before the read is done (QRY-1)',
  async (_, isWhole) => {
    const { planned, segment, sources, go } = waiting(isWhole)
    const context = new QueryContext({ clock: realClock })
    const ahead = new ReadAhead(planned, sources, context)
    const { source } = ahead.readingOf(planned[0]!, segment)
    const reading = source!.read(0, bytesOfSlice)
    let isClosed = false
    const closing = ahead.close().then(() => {
      isClosed = true
    })
    await turn()
    expect(isClosed).toBe(false)
    go()
    await Promise.all([reading, closing])
    // Nobody stops a load: what it reads after the scan goes to memory of its own.
    const late = ahead.readingOf(planned[1]!, segment).source!.read(bytesOfSlice, 2 * bytesOfSlice)
    context.memory.release()
    const others = Array.from({ length: 4 }, () => new QueryMemory().bytes(isWhole ? 3 * bytesOfSlice : bytesOfSlice))
    for (const other of others) other.fill(1)
    go()
    await late
    expect(others.some((other) => other.includes(7))).toBe(false)
  },
)

test('read ahead: slices that do not lie side by side, or are large -> each is read by itself', () => {
  const { sources } = waiting(true)
  const context = new QueryContext({ clock: realClock })
  const [first, second, third, large] = [0, 1, 3, 4].map((day) => plannedSlice(day, day !== 4))
  const planned = [first!, second!, third!, large!]
  expect(new ReadAhead(planned, sources, context).groups).toEqual([[first, second], [third], [large]])
})

test('read ahead: small slices -> one group and one range, whose memory is given back once all of them are released', async () => {
  const { planned, segment, sources, go } = waiting(true)
  const context = new QueryContext({ clock: realClock })
  const ahead = new ReadAhead(planned, sources, context)
  expect(ahead.groups).toEqual([planned])
  const bytes: Uint8Array[] = []
  for (const slice of planned) {
    const { start, end } = slice.entry
    const reading = ahead.readingOf(slice, segment).source!.read(start, end)
    go()
    bytes.push(await reading)
  }
  expect(context.cost.rangeReads).toBe(1)
  expect(context.cost.bytesRead).toBe(3 * bytesOfSlice)
  const isGiven = () => new QueryMemory().bytes(3 * bytesOfSlice).buffer === bytes[0]!.buffer
  for (const slice of planned) {
    expect(isGiven()).toBe(false)
    ahead.release(slice)
  }
  expect(isGiven()).toBe(true)
  await ahead.close()
})
