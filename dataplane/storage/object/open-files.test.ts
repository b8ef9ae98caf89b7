import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { SimulatedDisk } from '../../../sim/disk/disk.ts'
import type { Disk, DiskFile } from '../../core/ports.ts'
import { realDisk } from '../../runtime/disk.ts'
import { OpenFiles } from './open-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'anabranch-open-files-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function diskWith(names: readonly string[], disk: Disk = new SimulatedDisk()): Promise<Disk> {
  for (const [i, name] of names.entries()) {
    const file = await disk.open(name, 'create')
    await file.write(0, new Uint8Array(100 + i).fill(i))
    await file.close()
  }
  return disk
}

/** A disk that says which files are open to be read, and lets reads wait. */
function watched(disk: Disk) {
  const open: string[] = []
  let opened = 0
  const gate = { wait: Promise.resolve() }
  const watching: Disk = {
    ...bound(disk),
    async open(path, mode) {
      const file = await disk.open(path, mode)
      opened++
      open.push(path)
      return {
        ...bound<DiskFile>(file),
        async read(offset, length) {
          await gate.wait
          return file.read(offset, length)
        },
        async close() {
          open.splice(open.indexOf(path), 1)
          await file.close()
        },
      }
    },
  }
  return { disk: watching, open, gate, opened: () => opened }
}

/** The port's methods as properties of an object of their own. */
function bound<Port extends object>(port: Port): Port {
  const named = Object.getPrototypeOf(port) === Object.prototype ? port : Object.getPrototypeOf(port)
  const methods = Object.getOwnPropertyNames(named).filter((name) => name !== 'constructor' && !isGetter(named, name))
  const of = port as unknown as Record<string, (...given: unknown[]) => unknown>
  return Object.fromEntries(methods.map((name) => [name, (...given: unknown[]) => of[name]!(...given)])) as Port
}

function isGetter(named: object, name: string): boolean {
  return Object.getOwnPropertyDescriptor(named, name)?.get !== undefined
}

const names = Array.from({ length: 6 }, (_, i) => `file${i}`)

test('open files: many reads of a file -> it is opened once; close gives it back, and a later read opens it again', async () => {
  const { disk, open, opened } = watched(await diskWith(names))
  const files = new OpenFiles(disk)
  const reads = await Promise.all(Array.from({ length: 50 }, (_, i) => files.read('file1', i, i + 10)))
  expect(reads).toEqual(reads.map(() => new Uint8Array(10).fill(1)))
  expect(await files.read('file1', 95, 1e12)).toHaveLength(6)
  expect(await files.read('file1', 500, 600)).toHaveLength(0)
  expect([opened(), open]).toEqual([1, ['file1']])
  await files.close()
  expect(open).toEqual([])
  expect(await files.read('file1', 0, 1)).toEqual(Uint8Array.of(1))
  await files.close()
  expect([opened(), open]).toEqual([2, []])
})

test('open files: more files than stay open -> the one not used for longest is closed', async () => {
  const { disk, open, opened } = watched(await diskWith(names))
  const files = new OpenFiles(disk, 3)
  for (const name of ['file0', 'file1', 'file2', 'file0', 'file3', 'file4']) await files.read(name, 0, 1)
  await expect.poll(() => open).toEqual(['file0', 'file3', 'file4'])
  for (const name of names) await files.read(name, 0, 1)
  await expect.poll(() => open).toHaveLength(3)
  expect(opened()).toBeGreaterThan(5)
})

test('open files: a file that is forgotten, evicted or closed while it is read -> the read is answered, and then it is closed', async () => {
  const { disk, open, gate } = watched(await diskWith(names))
  const files = new OpenFiles(disk, 1)
  for (const end of [() => files.forget('file2'), () => files.read('file3', 0, 1), () => files.close()]) {
    let go = () => {}
    gate.wait = new Promise((resolve) => {
      go = resolve
    })
    const reading = files.read('file2', 0, 3)
    await expect.poll(() => open).toContain('file2')
    const ended = end()
    expect(open).toContain('file2')
    go()
    expect(await reading).toEqual(Uint8Array.of(2, 2, 2))
    await ended
    await expect.poll(() => open).not.toContain('file2')
    await files.close()
    expect(open).toEqual([])
  }
})

test('open files: a missing file -> no bytes, until it comes; one that was removed and forgotten -> no bytes', async () => {
  const disk = await diskWith([])
  const files = new OpenFiles(disk)
  expect(await files.read('file0', 0, 1)).toBeUndefined()
  expect(await files.size('file0')).toBeUndefined()
  await diskWith(['file0'], disk)
  expect(await files.read('file0', 0, 1)).toEqual(Uint8Array.of(0))
  expect(await files.size('file0')).toBe(100)
  await files.forget('file0')
  await disk.remove('file0')
  expect(await files.size('file0')).toBeUndefined()
  expect(await files.read('file0', 0, 1)).toBeUndefined()
})

test('open files: a read that fails -> the error, and the next read opens the file anew', async () => {
  const simulated = new SimulatedDisk()
  const { disk, open, opened } = watched(await diskWith(names, simulated))
  const files = new OpenFiles(disk)
  for (const operation of ['read', 'size', 'open']) {
    simulated.plan = (step) => (step.operation === operation ? 'io' : undefined)
    await expect(files.read('file4', 0, 1)).rejects.toThrow(/file4/)
    expect(open).toEqual([])
    simulated.plan = () => undefined
    expect(await files.read('file4', 0, 1)).toEqual(Uint8Array.of(4))
    await files.forget('file4')
  }
  expect(opened()).toBe(5)
})

test.runIf(process.platform === 'linux')(
  'open files: on a real disk -> close leaves no descriptor behind',
  async () => {
    const disk = await diskWith(names, realDisk(folder))
    const files = new OpenFiles(disk, 4)
    for (let i = 0; i < 40; i++) await files.read(names[(i * 7) % names.length]!, 0, 10)
    expect(descriptors().length).toBeGreaterThan(0)
    await files.close()
    await expect.poll(descriptors).toEqual([])
  },
)

function descriptors(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`)
      return path.startsWith(folder) ? [path] : []
    } catch {
      return []
    }
  })
}
