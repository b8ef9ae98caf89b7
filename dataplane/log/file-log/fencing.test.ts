import { describe, expect, test } from 'vitest'
import { SimulatedDisk } from '../../../sim/disk/disk.ts'
import { SeededRandom } from '../../../sim/random.ts'
import type { Disk, DiskFile, LogReader } from '../../core/ports.ts'
import { openFileLog } from './open.ts'

const silent = { info: () => {}, warn: () => {}, error: () => {} }

async function open(disk: Disk, seed: number, fileBytesMax = 9000) {
  const ports = { disk, random: new SeededRandom(seed), logger: silent }
  return openFileLog(ports, { folder: 'log', partitions: 1, generation: 1, fileBytesMax })
}

const record = (text: string) => new TextEncoder().encode(text.padEnd(400, '.'))

async function texts(log: LogReader): Promise<string[]> {
  const entries = await log.read(0, await log.start(0), 1e9)
  return entries.map(({ bytes }) => new TextDecoder().decode(bytes).replaceAll('.', ''))
}

/** A disk that stops one process before a chosen call, while others go on. */
class Gate {
  readonly held: Promise<void>
  #calls = 0
  #holdAt = Number.POSITIVE_INFINITY
  #announce!: () => void
  #release!: () => void
  readonly #released: Promise<void>

  constructor() {
    this.held = new Promise((resolve) => {
      this.#announce = resolve
    })
    this.#released = new Promise((resolve) => {
      this.#release = resolve
    })
  }

  /** Holds the call that comes after `calls` others from now on. */
  holdAfter(calls: number): void {
    this.#calls = 0
    this.#holdAt = calls
  }

  release(): void {
    this.#release()
  }

  disk(disk: Disk): Disk {
    return this.#wrap({ ...bound(disk), open: async (path, mode) => this.#wrap(bound(await disk.open(path, mode))) })
  }

  #wrap<Port extends Disk | DiskFile>(port: Port): Port {
    const calls = Object.entries(port).map(([name, call]) => [
      name,
      async (...parameters: unknown[]) => {
        if (this.#calls++ === this.#holdAt) {
          this.#announce()
          await this.#released
        }
        return call(...parameters)
      },
    ])
    return Object.fromEntries(calls)
  }
}

/** The port as an object of functions. */
function bound<Port extends Disk | DiskFile>(port: Port): Port {
  const names = [
    'list',
    'makeFolder',
    'open',
    'rename',
    'link',
    'remove',
    'syncFolder',
    'size',
    'read',
    'write',
    'truncate',
    'sync',
    'close',
  ]
  const calls = port as unknown as Record<string, (...parameters: unknown[]) => Promise<unknown>>
  return Object.fromEntries(
    names
      .filter((name) => name in port)
      .map((name) => [name, (...parameters: unknown[]) => calls[name](...parameters)]),
  ) as unknown as Port
}

const outcome = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'done',
    (error: { code?: string }) => error.code ?? error,
  )

describe('file log: two writers', () => {
  test('file log: a second writer opens -> it has all that was acknowledged, the first is fenced at its next append', async () => {
    const disk = new SimulatedDisk()
    const { log: first } = await open(disk, 1)
    await first.append(0, record('a'))
    const { log: second, report } = await open(disk, 2)
    expect(report.epoch).toBe(2)
    expect(await texts(second)).toEqual(['a'])
    await expect(first.append(0, record('b'))).rejects.toMatchObject({ code: 'LOG_FENCED' })
    await expect(first.append(0, record('c'))).rejects.toMatchObject({ code: 'LOG_FENCED' })
    await expect(first.trim(0, 1)).rejects.toMatchObject({ code: 'LOG_FENCED' })
    expect(await second.append(0, record('d'))).toBe(1)
    expect(await texts(second)).toEqual(['a', 'd'])
  })

  test('file log: a reader of a later writer comes back to the first -> told that it is fenced, not that the log has a gap', async () => {
    const disk = new SimulatedDisk()
    const { log: first } = await open(disk, 1)
    await expect(first.read(0, 1, 1000)).rejects.toMatchObject({ code: 'LOG_GAP' })
    const { log: second } = await open(disk, 2)
    await second.append(0, record('a'))
    const waiting = outcome(first.waitPast(0, 0, new AbortController().signal))
    expect(await first.read(0, 0, 1000)).toEqual([])
    await expect(first.read(0, 1, 1000)).rejects.toMatchObject({ code: 'LOG_FENCED' })
    expect(await waiting).toBe('LOG_FENCED')
    await expect(second.read(0, 2, 1000)).rejects.toMatchObject({ code: 'LOG_GAP' })
  })

  test.each([20_000, 9000])(
    'file log: stopped before any call of a commit while another takes over -> acknowledged means kept, late bytes are no part of the log (files of %i bytes)',
    async (fileBytesMax) => {
      let groups = 0
      let files = 0
      let outcomes = new Set<unknown>()
      for (let calls = 0; ; calls++) {
        const disk = new SimulatedDisk()
        const gate = new Gate()
        const { log: first } = await open(gate.disk(disk), 1, fileBytesMax)
        await first.append(0, record('a'))
        gate.holdAfter(calls)
        const appended = outcome(first.append(0, record('b')))
        if ((await Promise.race([gate.held, appended])) !== undefined) break
        const { log: second } = await open(disk, 2, fileBytesMax)
        const seen = await texts(second)
        gate.release()
        const result = await appended
        outcomes = outcomes.add(result)
        expect(seen).toEqual(result === 'done' ? ['a', 'b'] : seen.length === 2 ? ['a', 'b'] : ['a'])
        await second.append(0, record('d'))
        expect(await outcome(first.append(0, record('c')))).toBe('LOG_FENCED')
        const { log: third, report } = await open(disk, 3, fileBytesMax)
        expect(await texts(third)).toEqual([...seen, 'd'])
        groups += report.beyondSeal.length
        files += report.late.length
        for (const path of report.late) expect(path).toMatch(/^log\/late-0000000001-000000000[23]\.log$/)
        expect((await open(disk, 4)).report.late).toEqual([])
      }
      expect(outcomes).toEqual(new Set(['LOG_FENCED', 'done']))
      expect(fileBytesMax === 9000 ? files : groups).toBeGreaterThan(0)
    },
  )

  test('file log: two openings at once, one stopped anywhere -> exactly one of them writes', async () => {
    const winners = new Set<string>()
    for (let calls = 0; ; calls++) {
      const disk = new SimulatedDisk()
      await (await open(disk, 9)).log.append(0, record('a'))
      const gate = new Gate()
      gate.holdAfter(calls)
      const opening = open(gate.disk(disk), 1).catch((error: { code?: string }) => error.code)
      if ((await Promise.race([gate.held, opening])) !== undefined) break
      const { log: second } = await open(disk, 2)
      await second.append(0, record('b'))
      gate.release()
      const first = await opening
      if (typeof first !== 'object') {
        expect(['LOG_FENCED', 'LOG_UNAVAILABLE']).toContain(first)
        expect(await outcome(second.append(0, record('c')))).toBe('done')
        winners.add('second')
        continue
      }
      const results = await Promise.all([
        outcome(second.append(0, record('c'))),
        outcome(first.log.append(0, record('d'))),
      ])
      expect(results.toSorted()).toEqual(['LOG_FENCED', 'done'])
      winners.add(results[1] === 'done' ? 'first' : 'second')
      const { log: third } = await open(disk, 3)
      expect(await texts(third)).toEqual(['a', 'b', results[1] === 'done' ? 'd' : 'c'])
    }
    expect(winners).toEqual(new Set(['first', 'second']))
  })

  test('file log: a trim, stopped anywhere while another opens and is stopped anywhere -> the log opens, and what was kept is there (ING-1)', async () => {
    for (let trimCalls = 0; ; trimCalls++) {
      let trimmed: unknown
      // Every third call, another third each time: both windows are wider than that.
      for (let openCalls = trimCalls % 3; ; openCalls += 3) {
        const disk = new SimulatedDisk()
        const [gate, other] = [new Gate(), new Gate()]
        const { log: first } = await open(gate.disk(disk), 1)
        for (const text of ['a', 'b', 'c', 'd']) await first.append(0, record(text))
        gate.holdAfter(trimCalls)
        const trim = outcome(first.trim(0, 3))
        trimmed = await Promise.race([gate.held, trim])
        if (trimmed !== undefined) break
        other.holdAfter(openCalls)
        const opening = open(other.disk(disk), 2).catch((error: { code?: string }) => error.code)
        const opened = await Promise.race([other.held, opening])
        gate.release()
        expect(['done', 'LOG_FENCED', 'LOG_UNAVAILABLE']).toContain(await trim)
        other.release()
        const second = await opening
        const isOpen = typeof second === 'object'
        if (isOpen) await second.log.append(0, record('e'))
        else expect(second).toBe('LOG_UNAVAILABLE')
        const { log: third } = await open(disk, 3)
        const last = isOpen ? ['d', 'e'] : ['d']
        expect((await texts(third)).slice(-last.length)).toEqual(last)
        if (opened !== undefined) break
      }
      if (trimmed !== undefined) break
    }
  })
})
