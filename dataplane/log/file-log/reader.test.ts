import { expect, test } from 'vitest'
import { SimulatedDisk } from '../../../sim/disk/disk.ts'
import { SeededRandom } from '../../../sim/random.ts'
import { openFileLog, openFileLogReader } from './open.ts'

const silent = { info: () => {}, warn: () => {}, error: () => {} }

test('file log: a reader that opens while the writer appends between any two of its calls -> no damage is reported, and what was acknowledged before is there', async () => {
  let steps = 0
  for (let appendAt = 0; appendAt <= steps; appendAt++) {
    let reading = false
    const disk = new SimulatedDisk({
      pause: async () => {
        if (!reading || steps++ !== appendAt) return
        reading = false
        for (let i = 8; i < 11; i++) await append(i)
        reading = true
      },
    })
    const ports = { disk, random: new SeededRandom(1), logger: silent }
    const { log } = await openFileLog(ports, { folder: 'log', partitions: 1, generation: 1, fileBytesMax: 10_000 })
    const append = (i: number) => log.append(0, new Uint8Array(500).fill(i))
    for (let i = 0; i < 7; i++) await append(i)
    steps = 0
    reading = true
    const reader = await openFileLogReader(disk, 'log')
    reading = false
    const end = await reader.end(0)
    expect(end).toBeGreaterThanOrEqual(7)
    expect(await reader.read(0, 0, 1e9)).toHaveLength(end)
    await reader.close()
  }
  expect(steps).toBeGreaterThan(20)
})
