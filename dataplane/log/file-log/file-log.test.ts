import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
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

async function openTiny(disk: Disk, random: { bytes(length: number): Uint8Array }) {
  const options = { folder: 'a/log', partitions: 4, generation: 1, fileBytesMax: 8500 }
  return (await openFileLog({ disk, random, logger: silent }, options)).log
}
