import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { realDisk } from '../../runtime/disk.ts'
import { realRandom } from '../../runtime/random.ts'
import type { FileLog } from './file-log.ts'
import { openFileLog } from './open.ts'

const silent = { info: () => {}, warn: () => {}, error: () => {} }
const folder = mkdtempSync(join(tmpdir(), 'anabranch-full-'))
const mounted = mount()

afterAll(() => {
  if (mounted === undefined) execFileSync('umount', [folder])
  rmSync(folder, { recursive: true })
})

/** Mounts a file system of 1 MiB; why it could not, or `undefined`. */
function mount(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs Linux and root to mount a tmpfs'
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'pipe' })
    return undefined
  } catch (error) {
    return `a tmpfs cannot be mounted here: ${(error as Error).message.split('\n')[1] ?? error}`
  }
}

test(`file log: a real disk that fills up -> nothing acknowledged is lost, room heals it${mounted ? ` [${mounted}]` : ''}`, async (context) => {
  if (mounted !== undefined) context.skip(mounted)
  const disk = realDisk(folder)
  const open = () =>
    openFileLog(
      { disk, random: realRandom, logger: silent },
      { folder: 'log', partitions: 2, generation: 1, fileBytesMax: 200_000 },
    )
  // What an operator frees later.
  writeFileSync(join(folder, 'ballast'), new Uint8Array(300_000))
  const { log } = await open()
  const acknowledged = await fill(log)
  expect(acknowledged).toBeGreaterThan(20)
  await expect(log.append(0, new Uint8Array(10))).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' })
  await log.close()
  rmSync(join(folder, 'ballast'))
  const { log: next } = await open()
  const entries = await next.read(1, 0, 1e9)
  expect(entries.length).toBeGreaterThanOrEqual(acknowledged)
  entries.forEach(({ bytes }, i) => {
    expect([bytes.length, bytes[0], bytes[9999]]).toEqual([10_000, i, i])
  })
  expect(await next.append(1, new Uint8Array(10_000).fill(entries.length))).toBe(entries.length)
  await next.close()
})

/** Appends until the disk is full; how many appends were acknowledged. */
async function fill(log: FileLog): Promise<number> {
  for (let count = 0; ; count++) {
    try {
      await log.append(1, new Uint8Array(10_000).fill(count))
    } catch (error) {
      expect(error).toMatchObject({ code: 'LOG_UNAVAILABLE', message: expect.stringMatching(/ENOSPC|no space/) })
      return count
    }
  }
}
