import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { diskContract } from '../../test/support/disk-contract.ts'
import { realDisk } from './disk.ts'

const folders: string[] = []

afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true })
})

diskContract('runtime', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'anabranch-disk-'))
  folders.push(folder)
  return realDisk(folder)
})
