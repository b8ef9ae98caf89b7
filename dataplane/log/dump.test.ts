import { expect, test } from 'vitest'
import { SimulatedDisk } from '../../sim/disk/disk.ts'
import { SeededRandom } from '../../sim/random.ts'
import { dumpEvents } from './dump.ts'
import { openFileLog } from './file-log/open.ts'
import { encodeRecord } from './record/encode.ts'

const silent = { info: () => {}, warn: () => {}, error: () => {} }

function row(distinctId: string, insertId: string) {
  const event = { project: 'p', event: 'E', distinctId, time: 5, insertId, properties: { n: 1 } }
  return { event, h: 7, position: 0 }
}

test('dump: a log that a writer has open -> every event with its position, as plain data', async () => {
  const disk = new SimulatedDisk()
  const ports = { disk, random: new SeededRandom(1), logger: silent }
  const { log } = await openFileLog(ports, { folder: 'log', partitions: 2, generation: 4 })
  await log.append(1, encodeRecord({ generation: 4, partition: 1, rows: [row('u', 'a'), row('u', 'b')] }))
  await log.append(0, encodeRecord({ generation: 4, partition: 0, rows: [row('u', 'c')] }))
  await log.append(1, encodeRecord({ generation: 4, partition: 1, rows: [row('u', 'd')] }))
  const events = []
  for await (const event of dumpEvents(disk, 'log')) events.push(event)
  expect(events[0]).toEqual({
    ...{ project: 'p', event: 'E', distinct_id: 'u', time: 5, insert_id: 'c', properties: { n: 1 } },
    ...{ generation: 4, partition: 0, offset: 0, index: 0 },
  })
  expect(events.map(({ insert_id, partition, offset, index }) => [insert_id, partition, offset, index])).toEqual([
    ['c', 0, 0, 0],
    ['a', 1, 0, 0],
    ['b', 1, 0, 1],
    ['d', 1, 1, 0],
  ])
})

test('dump: a folder without a log -> an error that says so', async () => {
  await expect(dumpEvents(new SimulatedDisk(), 'log').next()).rejects.toThrow(/log: there is no log/)
})
