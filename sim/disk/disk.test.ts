import { describe, expect, test } from 'vitest'
import { DiskError } from '../../dataplane/core/ports.ts'
import { readUpTo } from '../../dataplane/core/read-up-to.ts'
import { diskContract } from '../../test/support/disk-contract.ts'
import { type CrashOptions, SimulatedDisk } from './disk.ts'
import { faultAt, faultOn } from './faults.ts'
import { sectorBytes } from './inode.ts'

diskContract('sim', async () => new SimulatedDisk())
diskContract('sim with short reads', async () => new SimulatedDisk({ seed: 3, shortReads: 0.8 }))

const seeds = Array.from({ length: 200 }, (_, seed) => seed)

/** Contents of the file after a crash, over many seeds, as a set of texts; `gone` when it does not exist. */
async function outcomes(prepare: (disk: SimulatedDisk) => Promise<void>, crash?: CrashOptions): Promise<Set<string>> {
  const seen = new Set<string>()
  for (const seed of seeds) {
    const disk = new SimulatedDisk({ seed })
    await prepare(disk)
    seen.add(await content(disk.crash(crash), 'f'))
  }
  return seen
}

/** Each sector as one letter (its first byte; `0` for zero). */
async function content(disk: SimulatedDisk, path: string): Promise<string> {
  if (!(await disk.list('')).includes(path)) return 'gone'
  const file = await disk.open(path, 'read')
  const bytes = await readUpTo(file, 0, await file.size())
  let text = ''
  for (let at = 0; at < bytes.length; at += sectorBytes) text += bytes[at] === 0 ? '0' : String.fromCharCode(bytes[at])
  return text
}

function sectors(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * sectorBytes)
  for (let i = 0; i < text.length; i++) bytes.fill(text.charCodeAt(i), i * sectorBytes, (i + 1) * sectorBytes)
  return bytes
}

async function durable(disk: SimulatedDisk, text: string) {
  const file = await disk.open('f', 'create')
  await file.write(0, sectors(text))
  await file.sync()
  await disk.syncFolder('')
  return file
}

describe('sim disk: what a power cut leaves', () => {
  test('sim disk: synced bytes under a synced name -> always there', async () => {
    expect(await outcomes(async (disk) => void (await durable(disk, 'ab')))).toEqual(new Set(['ab']))
  })

  test('sim disk: unsynced sectors -> any subset of them, and any size that the file had', async () => {
    const seen = await outcomes(async (disk) => {
      const file = await durable(disk, 'ab')
      await file.write(0, sectors('A'))
      await file.write(2 * sectorBytes, sectors('cd'))
    })
    expect(seen).toEqual(new Set(['ab', 'Ab', 'ab00', 'abc0', 'ab0d', 'abcd', 'Ab00', 'Abc0', 'Ab0d', 'Abcd']))
  })

  test('sim disk: a sector written twice -> either version, or none', async () => {
    const seen = await outcomes(async (disk) => {
      const file = await durable(disk, 'a')
      await file.write(0, sectors('b'))
      await file.write(0, sectors('c'))
    })
    expect(seen).toEqual(new Set(['a', 'b', 'c']))
  })

  test('sim disk: a synced file whose name was not synced -> may be gone', async () => {
    const seen = await outcomes(async (disk) => {
      const file = await disk.open('f', 'create')
      await file.write(0, sectors('a'))
      await file.sync()
    })
    expect(seen).toEqual(new Set(['a', 'gone']))
  })

  test('sim disk: an unsynced rename -> the old file or the new one, never none', async () => {
    const seen = await outcomes(async (disk) => {
      await durable(disk, 'a')
      const file = await disk.open('new', 'create')
      await file.write(0, sectors('b'))
      await file.sync()
      await disk.syncFolder('')
      await disk.rename('new', 'f')
    })
    expect(seen).toEqual(new Set(['a', 'b']))
  })

  test('sim disk: several unsynced names -> any subset of them', async () => {
    const seen = new Set<string>()
    for (const seed of seeds) {
      const disk = new SimulatedDisk({ seed })
      for (const name of ['a', 'b']) await disk.open(name, 'create')
      seen.add((await disk.crash().list('')).join(''))
    }
    expect(seen).toEqual(new Set(['', 'a', 'b', 'ab']))
  })

  test('sim disk: an unsynced removal -> may come back', async () => {
    const seen = await outcomes(async (disk) => {
      await durable(disk, 'a')
      await disk.remove('f')
    })
    expect(seen).toEqual(new Set(['a', 'gone']))
  })

  test('sim disk: a file in a folder whose name was not synced -> may be gone with it', async () => {
    const seen = new Set<boolean>()
    for (const seed of seeds) {
      const disk = new SimulatedDisk({ seed })
      await disk.makeFolder('d')
      await (await disk.open('d/f', 'create')).sync()
      await disk.syncFolder('d')
      seen.add((await disk.crash().list('d')).length === 1)
    }
    expect(seen).toEqual(new Set([true, false]))
  })

  test('sim disk: only the process dies -> nothing is lost', async () => {
    const seen = await outcomes(
      async (disk) => {
        const file = await durable(disk, 'ab')
        await file.write(sectorBytes, sectors('BC'))
      },
      { power: 'kept' },
    )
    expect(seen).toEqual(new Set(['aBC']))
  })

  test('sim disk: the same seed -> the same outcome', async () => {
    const run = async () => {
      const disk = new SimulatedDisk({ seed: 11 })
      const file = await durable(disk, 'abcdefgh')
      await file.write(0, sectors('ABCDEFGH'))
      return content(disk.crash({ survival: 'some' }), 'f')
    }
    expect(await run()).toBe(await run())
  })
})

describe('sim disk: faults', () => {
  test('sim disk: a failed sync -> readers still see the bytes, no later sync saves all of them', async () => {
    const seen = new Set<string>()
    for (const seed of seeds) {
      const disk = new SimulatedDisk({ seed })
      const file = await durable(disk, 'a')
      await file.write(0, sectors('b'))
      disk.plan = faultOn('io', { operation: 'sync' })
      await expect(file.sync()).rejects.toThrow(DiskError)
      expect(await content(disk, 'f')).toBe('b')
      await file.sync()
      seen.add(await content(disk.crash(), 'f'))
    }
    expect(seen).toEqual(new Set(['a', 'b']))
  })

  test('sim disk: a ghost sector written again and synced -> durable', async () => {
    const seen = await outcomes(async (disk) => {
      const file = await durable(disk, 'a')
      await file.write(0, sectors('b'))
      disk.plan = faultOn('io', { operation: 'sync' })
      await file.sync().catch(() => {})
      await file.write(0, sectors('b'))
      await file.sync()
    })
    expect(seen).toEqual(new Set(['b']))
  })

  test('sim disk: a full disk -> a prefix is written and the error says full', async () => {
    const disk = new SimulatedDisk({ capacityBytes: 700 })
    const file = await disk.open('f', 'create')
    await expect(file.write(0, new Uint8Array(800))).rejects.toMatchObject({ code: 'full', path: 'f' })
    expect(await file.size()).toBe(700)
    await file.write(0, new Uint8Array(700))
  })

  test('sim disk: a crash at any step -> the call never returns, and the next machine has one of the two states', async () => {
    const total = await stepsOf(new SimulatedDisk())
    expect(total).toBe(8)
    for (let step = 0; step < total; step++) {
      const disk = new SimulatedDisk({ seed: step, plan: faultAt(step, 'crash') })
      let returned = false
      void stepsOf(disk).then(() => {
        returned = true
      })
      await disk.crashed
      expect(returned).toBe(false)
      expect(['gone', '', 'a', '0']).toContain(await content(disk.crash(), 'f'))
    }
  })

  test('sim disk: an error after the effect -> it happened all the same', async () => {
    const disk = new SimulatedDisk({ plan: faultOn('io', { operation: 'link', moment: 'after' }) })
    await (await disk.open('f', 'create')).close()
    await expect(disk.link('f', 'g')).rejects.toMatchObject({ code: 'io' })
    expect(await disk.list('')).toEqual(['f', 'g'])
  })

  test('sim disk: damage -> durable, exactly the bits asked for', async () => {
    const disk = new SimulatedDisk()
    await durable(disk, 'a')
    disk.damage('f', 0, 0x03)
    expect(await content(disk.crash(), 'f')).toBe('b')
  })
})

async function stepsOf(disk: SimulatedDisk): Promise<number> {
  await durable(disk, 'a')
  return disk.steps
}
