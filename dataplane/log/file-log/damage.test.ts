import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CorruptError } from '../../../common/errors/errors.ts'
import { SimulatedDisk } from '../../../sim/disk/disk.ts'
import { SeededRandom } from '../../../sim/random.ts'
import type { Logger, LogReader } from '../../core/ports.ts'
import { readUpTo } from '../../core/read-up-to.ts'
import { groupMagic } from './layout.ts'
import { openFileLog } from './open.ts'
import { recover } from './recover.ts'

const silent: Logger = { info: () => {}, warn: () => {}, error: () => {} }
const groupsStart = 8192

async function open(disk: SimulatedDisk, options: { logger?: Logger; partitions?: number; generation?: number } = {}) {
  const ports = { disk, random: new SeededRandom(1), logger: options.logger ?? silent }
  return openFileLog(ports, { folder: 'log', partitions: 2, generation: 1, fileBytesMax: 9000, ...options })
}

const record = (i: number) => new TextEncoder().encode(`record ${i} `.repeat(20))

/** Three files: two sealed, the last with two groups. */
async function filled(seed = 0): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk({ seed })
  const { log } = await open(disk)
  for (let i = 0; i < 9; i++) await log.append(i % 2, record(i))
  await log.trim(0, 1)
  await log.close()
  return disk.crash({ power: 'kept' })
}

async function contents(log: LogReader): Promise<string[]> {
  const found: string[] = []
  for (const partition of [0, 1]) {
    for (const { offset, bytes } of await log.read(partition, await log.start(partition), 1e9)) {
      found.push(`${partition}/${offset} ${new TextDecoder().decode(bytes)}`)
    }
  }
  return found
}

const want = Array.from({ length: 9 }, (_, i) => `${i % 2}/${i >> 1} ${new TextDecoder().decode(record(i))}`).sort()

async function sizeOf(disk: SimulatedDisk, path: string): Promise<number> {
  const file = await disk.open(path, 'read')
  return file.size()
}

async function readAll(disk: SimulatedDisk, path: string): Promise<Uint8Array> {
  const file = await disk.open(path, 'read')
  return readUpTo(file, 0, await file.size())
}

/** Magic, frames and length of a group with a table of 200,000 bytes, over and over. */
function lookingLikeGroups(length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  const view = new DataView(bytes.buffer)
  for (let at = 0; at + 12 <= length; at += 12) {
    view.setUint32(at, groupMagic, true)
    view.setUint32(at + 4, 10_000, true)
    view.setUint32(at + 8, 0x7fff_ffff, true)
  }
  return bytes
}

function corruption(error: unknown): CorruptError {
  expect(error).toBeInstanceOf(CorruptError)
  const { object, detail } = error as CorruptError
  expect(object).toMatch(/^log\//)
  expect(detail.got).toBeDefined()
  expect(detail.want).toBeDefined()
  return error as CorruptError
}

describe('file log: damage', () => {
  test('file log: any bit of any log file flipped -> reported with file and position, or what was acknowledged all the same', async () => {
    const disk = await filled()
    const files = (await disk.list('log')).filter((name) => name.endsWith('.log'))
    expect(files).toHaveLength(3)
    const sizes = await Promise.all(files.map((name) => sizeOf(disk, `log/${name}`)))
    // Headers and groups in full, little of the zeros between them.
    const places = files.flatMap((name, i) => {
      const interesting = (at: number) => at < 100 || (at >= 4090 && at < 4120) || at >= groupsStart
      return Array.from({ length: sizes[i] }, (_, at) => ({ path: `log/${name}`, at })).filter(({ at }) =>
        interesting(at),
      )
    })
    let reported = 0
    await fc.assert(
      fc.asyncProperty(fc.nat(places.length - 1), fc.nat(7), async (place, bit) => {
        const { path, at } = places[place]
        const damaged = disk.fork()
        damaged.damage(path, at, 1 << bit)
        try {
          const { log } = await open(damaged)
          expect((await contents(log)).sort()).toEqual(want)
          // The mark and nothing else may be damaged unseen.
          expect(at >= 4096 && at < groupsStart).toBe(true)
        } catch (error) {
          if (!(error instanceof CorruptError)) throw error
          const { offset } = corruption(error)
          expect(offset).toBeTypeOf('number')
          reported++
        }
      }),
      { numRuns: 400 },
    )
    expect(reported).toBeGreaterThan(300)
  })

  test('file log: any bit of a small file flipped -> reported', async () => {
    const disk = await filled()
    const names = (await disk.list('log')).filter((name) => /^(head|trim-.*)$/.test(name))
    expect(names).toHaveLength(2)
    for (const name of names) {
      const size = await sizeOf(disk, `log/${name}`)
      for (let bit = 0; bit < size * 8; bit += 3) {
        const damaged = disk.fork()
        damaged.damage(`log/${name}`, bit >> 3, 1 << (bit & 7))
        const error = corruption(await open(damaged).catch((reason: unknown) => reason))
        expect([error.code, error.object]).toEqual(['LOG_CORRUPT', `log/${name}`])
      }
    }
  })

  test('file log: a record damaged while the log is open -> the read names file and position, others go on', async () => {
    const disk = new SimulatedDisk()
    const { log } = await open(disk)
    await log.append(0, record(0))
    await log.append(1, record(1))
    const size = await sizeOf(disk, 'log/0000000001-0000000001.log')
    disk.damage('log/0000000001-0000000001.log', size - 1, 4)
    expect(await log.read(0, 0, 1e9)).toHaveLength(1)
    const error = corruption(await log.read(1, 0, 1e9).catch((reason: unknown) => reason))
    expect(error).toMatchObject({ code: 'LOG_CORRUPT', object: 'log/0000000001-0000000001.log' })
    expect(error.offset).toBe(size - record(1).length)
    expect(error.message).toContain('crc32 of partition 1 offset 0')
  })

  test.each([
    ['the first file', '0000000001-0000000001.log', /files before this one are missing/],
    ['a file in the middle', '0000000001-0000000002.log', /files before this one are missing/],
    ['the head', 'head', /log\/head: head: got none, want one, since there is 0000000001-0000000001.log/],
  ])('file log: %s is missing -> LOG_CORRUPT', async (_name, name, message) => {
    const disk = await filled()
    await disk.remove(`log/${name}`)
    await expect(open(disk)).rejects.toThrow(message)
  })

  test('file log: a sealed file cut short -> LOG_CORRUPT', async () => {
    const disk = await filled()
    const file = await disk.open('log/0000000001-0000000001.log', 'write')
    await file.truncate((await file.size()) - 1)
    await expect(open(disk)).rejects.toThrow(/end of a sealed file/)
  })

  test('file log: a later format of a file -> FORMAT_UNKNOWN with the remedy', async () => {
    const disk = await filled()
    const fields = '{"format":2,"partitions":2,"generation":1}'
    const { crc32 } = await import('../../../common/hash/crc32.ts')
    const crc = crc32(new TextEncoder().encode(fields)).toString(16).padStart(8, '0')
    const file = await disk.open('log/head', 'write')
    await file.truncate(0)
    await file.write(0, new TextEncoder().encode(`${fields}\n${crc}\n`))
    await expect(open(disk)).rejects.toMatchObject({ code: 'FORMAT_UNKNOWN' })
  })

  test('file log: other partitions or another generation -> LOG_MISMATCH that names both', async () => {
    const disk = await filled()
    await expect(open(disk, { partitions: 4 })).rejects.toMatchObject({ code: 'LOG_MISMATCH', status: 400 })
    await expect(open(disk, { generation: 2 })).rejects.toThrow(
      /2 partitions of generation 1.*2 partitions of generation 2/,
    )
  })
})

describe('file log: the open end of the last file', () => {
  const last = 'log/0000000001-0000000003.log'

  /** Cuts the last file short by `bytes`, as a crash does that kept a part of the last group. */
  async function cut(disk: SimulatedDisk, bytes: number): Promise<number> {
    const file = await disk.open(last, 'write')
    const size = (await file.size()) - bytes
    await file.truncate(size)
    return size
  }

  async function breakMark(disk: SimulatedDisk): Promise<void> {
    const file = await disk.open(last, 'write')
    await file.write(4096, new Uint8Array(16))
  }

  test('file log: a torn last group and no mark -> left out, its bytes kept aside and said, appends go on', async () => {
    const disk = await filled()
    await breakMark(disk)
    const size = await cut(disk, 3)
    const said: unknown[] = []
    const logger = { ...silent, warn: (message: string, fields?: object) => said.push({ message, ...fields }) }
    const { log, report } = await open(disk, { logger })
    const { torn } = report
    expect(torn).toMatchObject({ path: last, bytes: size - torn!.offset })
    expect(said).toEqual([expect.objectContaining({ message: expect.stringContaining('torn'), ...torn })])
    const bytes = await readAll(disk, last)
    expect(await readAll(disk, torn!.keptAs!)).toEqual(bytes.slice(torn!.offset))
    expect((await contents(log)).sort()).toEqual(want.filter((text) => !text.startsWith('0/4')))
    expect(await log.append(0, record(9))).toBe(4)
    await log.close()
    const { report: again } = await open(disk)
    expect(again.torn).toBeUndefined()
    expect(again.beyondSeal).toEqual([{ path: last, sealedAt: torn!.offset, bytes: torn!.bytes }])
  })

  test('file log: the same bytes missing, but the mark says they were durable -> LOG_CORRUPT, nothing is cut', async () => {
    const disk = await filled()
    const size = await cut(disk, 3)
    const error = corruption(await open(disk).catch((reason: unknown) => reason))
    expect(error.object).toBe(last)
    expect(error.message).toContain('which was synced')
    expect(await sizeOf(disk, last)).toBe(size)
  })

  test('file log: no mark, a broken group before a whole one -> LOG_CORRUPT', async () => {
    const disk = await filled()
    await breakMark(disk)
    disk.damage(last, groupsStart + 40, 1)
    const error = corruption(await open(disk).catch((reason: unknown) => reason))
    expect([error.object, error.offset]).toEqual([last, groupsStart])
    expect(error.message).toContain('before a whole group at byte')
  })

  test('file log: the whole last group missing and no mark -> cannot be told from one never written', async () => {
    const disk = await filled()
    await breakMark(disk)
    const size = await sizeOf(disk, last)
    const group = 32 + 20 + 4 + record(8).length
    await cut(disk, group)
    const { report } = await open(disk)
    expect([size - group > groupsStart, report.torn, report.records]).toEqual([true, undefined, 8])
  })

  test('file log: a torn group full of what looks like long groups -> opens without summing each of them', async () => {
    const disk = await filled()
    const { log } = await open(disk)
    await log.append(0, lookingLikeGroups(480_000))
    await log.close()
    const path = 'log/0000000002-0000000001.log'
    const file = await disk.open(path, 'write')
    await file.write(4096, new Uint8Array(16))
    await file.truncate((await file.size()) - 3)
    const before = performance.now()
    const { report } = await open(disk)
    expect(report.torn).toMatchObject({ path, offset: groupsStart })
    expect(performance.now() - before).toBeLessThan(1000)
  })

  test('file log: a disk too full to keep torn bytes aside -> said, and they stay in the log file', async () => {
    const disk = await filled()
    await breakMark(disk)
    await cut(disk, 3)
    const said: unknown[] = []
    disk.plan = (step) => (step.operation === 'write' && step.path.includes('torn') ? 'full' : undefined)
    const logger = { ...silent, warn: (message: string) => said.push(message) }
    const { report } = await open(disk, { logger })
    expect(report.torn?.keptAs).toBeUndefined()
    expect(said[0]).toContain('stay in the log file')
  })
})

describe('file log: trimming', () => {
  test('file log: trimmed in all partitions -> whole files go, offsets stay, opening anew agrees', async () => {
    const disk = await filled()
    const { log } = await open(disk)
    await log.trim(0, 4)
    expect(await log.start(1)).toBe(0)
    await log.trim(1, 4)
    expect((await disk.list('log')).filter((name) => name.endsWith('.log'))).toEqual([
      '0000000001-0000000003.log',
      '0000000002-0000000001.log',
    ])
    expect([await log.start(0), await log.start(1)]).toEqual([3, 3])
    await expect(log.read(0, 2, 100)).rejects.toMatchObject({ code: 'LOG_GAP' })
    await log.close()
    const { log: next } = await open(disk)
    expect([await next.start(0), await next.start(1), await next.end(0), await next.end(1)]).toEqual([3, 3, 5, 4])
    expect((await contents(next)).map((text) => text.slice(0, 3))).toEqual(['0/3', '0/4', '1/3'])
  })

  test('file log: a crash brings back some removed files -> recognised as trimmed and removed again', async () => {
    const seen = new Set<number>()
    for (let seed = 0; seed < 60; seed++) {
      const disk = await filled(seed)
      const { log } = await open(disk)
      for (let i = 0; i < 8; i++) await log.append(i % 2, record(i))
      disk.plan = (step) => (step.operation === 'syncFolder' && removing ? 'crash' : undefined)
      let removing = false
      const plan = disk.plan
      disk.plan = (step) => {
        if (step.operation === 'remove' && step.path.endsWith('.log')) removing = true
        return plan(step)
      }
      await log.trim(0, 8)
      await Promise.race([log.trim(1, 8), disk.crashed])
      const after = disk.crash({ survival: 'some' })
      seen.add((await after.list('log')).filter((name) => name.endsWith('.log')).length)
      const { log: next } = await open(after)
      expect([await next.end(0), await next.end(1)]).toEqual([9, 8])
      const texts = await contents(next)
      expect(texts.length).toBeGreaterThan(0)
      const { files } = await recover(after, 'log', { partitions: 2, generation: 1 })
      const names = (await after.list('log')).filter((name) => name.endsWith('.log'))
      expect(names.map((name) => `log/${name}`)).toEqual(files.map((file) => file.path))
    }
    expect(seen.size).toBeGreaterThan(1)
  })
})
