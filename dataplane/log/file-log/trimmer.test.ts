import { describe, expect, test } from 'vitest'
import { SimulatedDisk } from '../../../sim/disk/disk.ts'
import { type DiskFault, faultAt } from '../../../sim/disk/faults.ts'
import { SeededRandom } from '../../../sim/random.ts'
import type { FileLog } from './file-log.ts'
import { openFileLog } from './open.ts'

const silent = { info: () => {}, warn: () => {}, error: () => {} }

async function open(disk: SimulatedDisk, seed: number): Promise<FileLog> {
  const ports = { disk, random: new SeededRandom(seed), logger: silent }
  return (await openFileLog(ports, { folder: 'log', partitions: 1, generation: 1, fileBytesMax: 9000 })).log
}

/** A log of one partition with six records in three files or more. */
async function filled(): Promise<{ disk: SimulatedDisk; log: FileLog }> {
  const disk = new SimulatedDisk({ seed: 1 })
  const log = await open(disk, 1)
  for (let i = 0; i < 6; i++) await log.append(0, new Uint8Array(300).fill(i))
  return { disk, log }
}

const logFiles = async (disk: SimulatedDisk) => (await disk.list('log')).filter((name) => name.endsWith('.log'))

const refused = { code: 'LOG_UNAVAILABLE' }

describe('file log: trims that fail', () => {
  test('file log: a point that is no offset of the partition -> refused, and nothing of it is written', async () => {
    const { disk, log } = await filled()
    for (const offset of [4.5, 7, Number.NaN])
      await expect(log.trim(0, offset)).rejects.toThrow(/trim of partition 0 at/)
    expect((await disk.list('log')).filter((name) => name.startsWith('trim'))).toEqual([])
  })

  test('file log: points could not be written -> no file goes before they are, however often it is tried (ING-1)', async () => {
    const { disk, log } = await filled()
    const before = await logFiles(disk)
    disk.plan = ({ operation, path }) => (operation === 'write' && path.includes('/new-') ? 'full' : undefined)
    for (let tries = 0; tries < 2; tries++) {
      await expect(log.trim(0, 5)).rejects.toMatchObject(refused)
      expect(await logFiles(disk)).toEqual(before)
    }
    const next = await open(disk.crash({ survival: 'all' }), 2)
    expect([await next.start(0), await next.end(0)]).toEqual([0, 6])
  })

  test('file log: a trim that fails at any step and is tried again -> files go in the end, and the log opens after a power cut', async () => {
    const steps = await trimSteps()
    expect(steps).toBeGreaterThan(20)
    for (let step = 0; step < steps; step++) {
      for (const fault of ['io', 'full'] as DiskFault[]) {
        for (const survival of ['none', 'all'] as const) {
          const { disk, log } = await filled()
          const files = await logFiles(disk)
          disk.plan = faultAt(disk.steps + step, fault)
          await log.trim(0, 5).catch((error: unknown) => expect(error).toMatchObject(refused))
          const stopped = disk.copy().crash({ survival })
          expect(await (await open(stopped, 3)).end(0)).toBe(6)
          disk.plan = () => undefined
          await log.trim(0, 5)
          expect((await logFiles(disk)).length).toBeLessThan(files.length)
          const next = await open(disk.crash({ survival }), 2)
          expect(await next.end(0)).toBe(6)
          expect((await next.read(0, 5, 1e6)).map(({ bytes }) => bytes[0])).toEqual([5])
        }
      }
    }
  })
})

async function trimSteps(): Promise<number> {
  const { disk, log } = await filled()
  const before = disk.steps
  await log.trim(0, 5)
  return disk.steps - before
}
