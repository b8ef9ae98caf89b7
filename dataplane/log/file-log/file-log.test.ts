import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { SimulatedDisk } from '../../../sim/disk/disk.ts'
import { SeededRandom } from '../../../sim/random.ts'
import { logContract } from '../../../test/support/log-contract.ts'
import type { Disk } from '../../core/ports.ts'
import { realDisk } from '../../runtime/disk.ts'
import { realRandom } from '../../runtime/random.ts'
import { openFileLog } from './open.ts'

const silent = { info: () => {}, warn: () => {}, error: () => {} }
const folders: string[] = []

afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true })
})

logContract('file log on a simulated disk with short reads and tiny files', async () => {
  const disk = new SimulatedDisk({ seed: 1, shortReads: 0.5 })
  const random = new SeededRandom(1)
  return { open: () => openTiny(disk, random) }
})

logContract('file log on a real disk', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'anabranch-log-'))
  folders.push(folder)
  const disk = realDisk(folder)
  return { open: () => openTiny(disk, realRandom) }
})

async function openTiny(disk: Disk, random: { bytes(length: number): Uint8Array }, fileBytesMax = 8500) {
  const options = { folder: 'a/log', partitions: 4, generation: 1, fileBytesMax }
  return (await openFileLog({ disk, random, logger: silent }, options)).log
}

test('file log: appends while a group is being synced -> one more group for all of them, whatever the partition', async () => {
  const disk = new SimulatedDisk()
  const log = await openTiny(disk, new SeededRandom(1), 100_000)
  const first = log.append(0, new Uint8Array(10))
  await Promise.resolve()
  await Promise.resolve()
  const others = Array.from({ length: 50 }, (_, i) => log.append(i % 4, new Uint8Array(10)))
  await Promise.all([first, ...others])
  expect(log.groups).toBe(2)
  await log.close()
})

test('file log: a partition read back -> neighbours come in one read, though groups hold all partitions', async () => {
  const disk = new SimulatedDisk()
  const log = await openTiny(disk, new SeededRandom(1), 1_000_000)
  await Promise.all(Array.from({ length: 64 }, (_, i) => log.append(i % 4, new Uint8Array(3000).fill(i))))
  expect(log.groups).toBe(1)
  let reads = 0
  disk.plan = (step) => {
    if (step.operation === 'read' && step.moment === 'before') reads++
    return undefined
  }
  const entries = await log.read(2, 0, 1e9)
  expect([entries.length, reads]).toEqual([16, 1])
  await log.close()
})
