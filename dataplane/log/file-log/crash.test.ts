import { Buffer } from 'node:buffer'
import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { CorruptError, UnavailableError } from '../../../common/errors/errors.ts'
import { SimulatedDisk } from '../../../sim/disk/disk.ts'
import { type DiskFault, faultAt, faultsAtRandom } from '../../../sim/disk/faults.ts'
import { SeededRandom } from '../../../sim/random.ts'
import type { LogReader } from '../../core/ports.ts'
import { dumpRecords } from '../dump.ts'
import type { FileLog } from './file-log.ts'
import { openFileLog } from './open.ts'

const partitions = 2
const silent = { info: () => {}, warn: () => {}, error: () => {} }

/** What was sent, what was acknowledged, how far the log may be trimmed: all that a client knows. */
class Ledger {
  readonly sent: { readonly partition: number; readonly bytes: Uint8Array }[] = []
  readonly acknowledged = new Set<string>()
  readonly trimmed = new Array<number>(partitions).fill(0)
  readonly #random: SeededRandom

  constructor(seed: number) {
    this.#random = new SeededRandom(seed)
  }

  /** A record that names itself: its number, then bytes that follow from it. */
  next(partition: number): Uint8Array {
    const bytes = new Uint8Array(4 + this.#random.below(1200)).fill(this.sent.length * 7 + 1)
    new DataView(bytes.buffer).setUint32(0, this.sent.length)
    this.sent.push({ partition, bytes })
    return bytes
  }

  async append(log: FileLog, partition: number): Promise<void> {
    const offset = await log.append(partition, this.next(partition))
    const key = `${partition}/${offset}`
    expect(this.acknowledged.has(key), `offset ${key} was given twice`).toBe(false)
    this.acknowledged.add(key)
  }

  /** The log holds what was acknowledged where it was acknowledged, each record once, in the order sent, and nothing else. */
  async check(log: LogReader): Promise<number> {
    let records = 0
    for (let partition = 0; partition < partitions; partition++) {
      const start = await log.start(partition)
      const end = await log.end(partition)
      expect(start).toBeLessThanOrEqual(this.trimmed[partition])
      const entries = await log.read(partition, start, 1e9)
      expect(entries.length).toBe(end - start)
      let before = -1
      entries.forEach(({ offset, bytes }, i) => {
        const number = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
        const sent = this.sent[number]
        // Plain comparisons: a matcher per record would take most of the time of this file.
        const same = sent?.partition === partition && Buffer.compare(sent.bytes, bytes) === 0
        if (!same || number <= before || offset !== start + i) throw new Error(`wrong record at ${partition}/${offset}`)
        before = number
      })
      for (const key of this.acknowledged) {
        const [where, offset] = key.split('/').map(Number)
        if (where === partition && offset >= end) throw new Error(`acknowledged ${key} is lost`)
      }
      records += entries.length
    }
    return records
  }
}

async function open(disk: SimulatedDisk, seed: number) {
  const ports = { disk, random: new SeededRandom(seed), logger: silent }
  return openFileLog(ports, { folder: 'log', partitions, generation: 1, fileBytesMax: 12_000 })
}

/** A life of a log: two openings, waves of concurrent appends, rotations, a trim. */
async function live(disk: SimulatedDisk, ledger: Ledger, seed: number): Promise<void> {
  for (let opening = 0; opening < 2; opening++) {
    const { log } = await open(disk, seed * 10 + opening)
    for (let wave = 0; wave < 4; wave++) {
      await Promise.all([0, 1, 1, 0].slice(0, 1 + wave).map((partition) => ledger.append(log, partition)))
      if (wave === 2) {
        ledger.trimmed[0] = (await log.end(0)) - 1
        ledger.trimmed[1] = await log.end(1)
        await log.trim(0, ledger.trimmed[0])
        await log.trim(1, ledger.trimmed[1])
      }
    }
    await log.close()
  }
}

/** Steps of a whole life without faults. */
async function stepsOfALife(): Promise<number> {
  const disk = new SimulatedDisk()
  const ledger = new Ledger(1)
  await live(disk, ledger, 1)
  expect(ledger.acknowledged.size).toBe(20)
  expect((await disk.list('log')).filter((name) => name.endsWith('.log')).length).toBeLessThan(4)
  return disk.steps
}

/** Opens what a crash left, checks it, goes on writing, and checks that after another power cut. */
async function goOn(crashed: SimulatedDisk, ledger: Ledger, seed: number): Promise<void> {
  const { log, report } = await open(crashed, seed)
  const found = await ledger.check(log)
  expect(report.records).toBe(found)
  await Promise.all([0, 1, 0].map((partition) => ledger.append(log, partition)))
  const again = crashed.crash()
  const { log: last } = await open(again, seed + 1)
  expect(await ledger.check(last)).toBe(found + 3)
}

describe('file log: crash at every await', () => {
  test.each(['cut', 'kept'] as const)(
    'file log: power %s at each step -> all that was acknowledged, once, in order (ING-1)',
    async (power) => {
      const steps = await stepsOfALife()
      for (let step = 0; step < steps; step++) {
        const disk = new SimulatedDisk({ seed: step, plan: faultAt(step, 'crash') })
        const ledger = new Ledger(1)
        await Promise.race([live(disk, ledger, 1), disk.crashed])
        await goOn(disk.crash({ power }), ledger, 1000 + step)
      }
    },
  )

  test('file log: crash while opening what a crash left -> the same, whatever the order of crashes', async () => {
    for (let seed = 0; seed < 60; seed++) {
      const random = new SeededRandom(seed)
      const ledger = new Ledger(seed)
      let disk = new SimulatedDisk({ seed })
      for (let crashes = 0; crashes < 4; crashes++) {
        disk.plan = faultAt(disk.steps + random.below(160), 'crash')
        await Promise.race([live(disk, ledger, seed * 10 + crashes), disk.crashed])
        disk = disk.crash({ power: random.chance(0.7) ? 'cut' : 'kept' })
      }
      await goOn(disk, ledger, 5000 + seed)
    }
  })
})

describe('file log: a disk that fails', () => {
  test.each(['io', 'full'] as const)(
    'file log: %s at each step -> nothing acknowledged is lost, nor what is read after opening anew',
    async (fault) => {
      const steps = await stepsOfALife()
      for (let step = 0; step < steps; step += fault === 'io' ? 1 : 3) await failAt(step, fault)
    },
  )

  async function failAt(step: number, fault: DiskFault): Promise<void> {
    const disk = new SimulatedDisk({ seed: step, plan: faultAt(step, fault) })
    const ledger = new Ledger(1)
    try {
      await live(disk, ledger, 1)
    } catch (error) {
      expect(error).toBeInstanceOf(UnavailableError)
    }
    disk.plan = () => undefined
    // The process starts anew on the same page cache; what it serves then must also survive a power cut.
    const { log } = await open(disk, 2000 + step)
    const served = await ledger.check(log)
    const { log: after } = await open(disk.crash({ survival: 'none' }), 3000 + step)
    expect(await ledger.check(after)).toBe(served)
  }

  test('file log: any failures and crashes, many lives -> the same', async () => {
    for (let seed = 0; seed < 80; seed++) {
      const random = new SeededRandom(seed)
      const ledger = new Ledger(seed)
      let disk = new SimulatedDisk({ seed, shortReads: 0.2 })
      for (let life = 0; life < 4; life++) {
        disk.plan = faultsAtRandom(random.fork(), { io: 0.004, full: 0.002 })
        const run = live(disk, ledger, seed * 10 + life).catch((error: unknown) => {
          if (!(error instanceof UnavailableError)) throw error
        })
        await Promise.race([run, disk.crashed])
        if (random.chance(0.6)) disk = disk.crash({ power: random.chance(0.6) ? 'cut' : 'kept', shortReads: 0.2 })
      }
      disk.plan = () => undefined
      await goOn(disk, ledger, 7000 + seed)
    }
  })

  test('file log: a failed fsync -> every append in flight and later rejects, reads go on, opening anew heals', async () => {
    const disk = new SimulatedDisk({ seed: 5 })
    const ledger = new Ledger(5)
    const { log } = await open(disk, 1)
    await ledger.append(log, 0)
    disk.plan = (step) => (step.operation === 'sync' && step.moment === 'before' ? 'io' : undefined)
    const first = log.append(0, ledger.next(0))
    await Promise.resolve()
    const waiting = log.waitPast(0, 5, new AbortController().signal)
    const others = [log.append(1, ledger.next(1)), waiting]
    for (const call of [first, ...others]) await expect(call).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' })
    disk.plan = () => undefined
    await expect(log.append(0, ledger.next(0))).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' })
    await expect(log.trim(0, 1)).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' })
    expect(await log.end(0)).toBe(1)
    expect(await log.read(0, 0, 1000)).toHaveLength(1)
    const { log: next } = await open(disk, 2)
    await ledger.check(next)
    await ledger.append(next, 0)
  })

  test('file log: a group of very many small appends fails -> every one of them rejects', () => {
    // In a process of its own: threads of tests have a larger stack.
    const script = `
      import { SimulatedDisk } from ${JSON.stringify(import.meta.resolve('../../../sim/disk/disk.ts'))}
      import { SeededRandom } from ${JSON.stringify(import.meta.resolve('../../../sim/random.ts'))}
      import { openFileLog } from ${JSON.stringify(import.meta.resolve('./open.ts'))}
      const disk = new SimulatedDisk()
      const logger = { info() {}, warn() {}, error() {} }
      const ports = { disk, random: new SeededRandom(1), logger }
      const { log } = await openFileLog(ports, { folder: 'log', partitions: 1, generation: 1 })
      disk.plan = ({ operation }) => (operation === 'write' ? 'io' : undefined)
      const record = new Uint8Array(4)
      const appends = Array.from({ length: 150_000 }, () => log.append(0, record))
      const outcomes = await Promise.allSettled(appends)
      console.log(outcomes.filter(({ status }) => status === 'rejected').length)`
    const said = execFileSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' })
    expect(said.trim()).toBe('150000')
  })

  test('file log: a disk that fills up -> the append rejects, what was acknowledged stays, room heals it', async () => {
    const disk = new SimulatedDisk({ capacityBytes: 40_000 })
    const ledger = new Ledger(3)
    const { log } = await open(disk, 1)
    const filled = async () => {
      for (;;) await ledger.append(log, 0)
    }
    await expect(filled()).rejects.toMatchObject({
      code: 'LOG_UNAVAILABLE',
      message: expect.stringMatching(/no space left/),
    })
    expect(ledger.acknowledged.size).toBeGreaterThan(10)
    await expect(open(disk, 2)).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' })
    disk.capacityBytes = 80_000
    const { log: next } = await open(disk, 3)
    await ledger.check(next)
    await ledger.append(next, 1)
  })
})

test('file log: a dump after a crash -> the records that a writer finds there', async () => {
  const disk = new SimulatedDisk({ seed: 4, plan: faultAt(150, 'crash') })
  const ledger = new Ledger(1)
  await Promise.race([live(disk, ledger, 1), disk.crashed])
  const left = disk.crash()
  const dumped = []
  for await (const { partition, offset } of dumpRecords(left, 'log')) dumped.push(`${partition}/${offset}`)
  const { log } = await open(left, 9)
  const found = []
  for (let partition = 0; partition < partitions; partition++) {
    for (const entry of await log.read(partition, await log.start(partition), 1e9))
      found.push(`${partition}/${entry.offset}`)
  }
  expect(dumped).toEqual(found)
  expect(dumped.length).toBeGreaterThan(0)
})

test('file log: opening a folder whose records are damaged -> CorruptError, never a shorter log', async () => {
  const disk = new SimulatedDisk()
  const { log } = await open(disk, 1)
  const ledger = new Ledger(1)
  await ledger.append(log, 0)
  disk.damage('log/0000000001-0000000001.log', 8192 + 60, 1)
  await expect(open(disk, 2)).rejects.toBeInstanceOf(CorruptError)
})
