/**
 * What every `Disk` must do, whatever is behind it: run by the real one in a temporary folder and by
 * the simulated one. What survives a power cut cannot be asked of a real disk; see `sim/disk/`.
 */
import { describe, expect, test } from 'vitest'
import { type Disk, DiskError, type DiskErrorCode } from '../../dataplane/core/ports.ts'
import { readUpTo } from '../../dataplane/core/read-up-to.ts'

/** Declares the suite. `make` gives a disk whose root is an empty folder. */
export function diskContract(name: string, make: () => Promise<Disk>): void {
  describe(`${name}: the contract of a disk`, () => {
    test('disk: an absent folder -> an empty list', async () => {
      expect(await (await make()).list('nowhere')).toEqual([])
    })

    test('disk: names in a folder -> sorted by UTF-8 bytes, not by UTF-16 units', async () => {
      const disk = await make()
      await disk.makeFolder('a/b')
      for (const file of ['b', 'a', '\u{1f600}', '\uff5e', 'B']) await touch(disk, `a/b/${file}`)
      expect(await disk.list('a/b')).toEqual(['B', 'a', 'b', '\uff5e', '\u{1f600}'])
      expect(await disk.list('a')).toEqual(['b'])
    })

    test('disk: a folder made twice -> no error', async () => {
      const disk = await make()
      await disk.makeFolder('a')
      await disk.makeFolder('a')
      await disk.syncFolder('a')
      expect(await disk.list('')).toEqual(['a'])
    })

    test('disk: opening by mode -> read needs it, create refuses it, write takes both and truncates nothing', async () => {
      const disk = await make()
      await refused(disk.open('f', 'read'), 'missing')
      await put(disk, 'f', [1, 2, 3])
      await refused(disk.open('f', 'create'), 'exists')
      const again = await disk.open('f', 'write')
      expect(await again.size()).toBe(3)
      await again.close()
      await refused(disk.open('no/folder', 'write'), 'missing')
    })

    test('disk: positional writes -> a gap reads as zeros', async () => {
      const disk = await make()
      const file = await disk.open('f', 'create')
      await file.write(600, Uint8Array.of(7, 8))
      await file.write(0, Uint8Array.of(1))
      expect(await file.size()).toBe(602)
      const bytes = await readUpTo(file, 0, 602)
      expect([bytes[0], bytes[1], bytes[599], bytes[600], bytes[601]]).toEqual([1, 0, 0, 7, 8])
      await file.close()
    })

    test('disk: reading past the end -> what is there, then nothing', async () => {
      const disk = await make()
      await put(disk, 'f', [1, 2, 3])
      const file = await disk.open('f', 'read')
      expect([...(await readUpTo(file, 1, 10))]).toEqual([2, 3])
      expect([...(await readUpTo(file, 3, 10))]).toEqual([])
      expect([...(await readUpTo(file, 99, 1))]).toEqual([])
      expect([...(await readUpTo(file, 0, 0))]).toEqual([])
      await file.close()
    })

    test('disk: truncate shorter, then longer -> the lost part is zeros', async () => {
      const disk = await make()
      const file = await disk.open('f', 'create')
      await file.write(0, Uint8Array.of(1, 2, 3, 4))
      await file.truncate(2)
      await file.truncate(4)
      await file.sync()
      expect([...(await readUpTo(file, 0, 9))]).toEqual([1, 2, 0, 0])
      await file.close()
    })

    test('disk: bytes handed out -> later writes do not change them', async () => {
      const disk = await make()
      const file = await disk.open('f', 'create')
      const given = Uint8Array.of(1, 2)
      await file.write(0, given)
      given[0] = 9
      const taken = await readUpTo(file, 0, 2)
      await file.write(0, Uint8Array.of(5, 5))
      expect([...taken]).toEqual([1, 2])
      await file.close()
    })

    test('disk: rename -> takes the place of what was there, open handles keep their file', async () => {
      const disk = await make()
      await put(disk, 'old', [1])
      await put(disk, 'new', [2])
      const handle = await disk.open('old', 'read')
      await disk.rename('new', 'old')
      expect(await disk.list('')).toEqual(['old'])
      expect(await get(disk, 'old')).toEqual([2])
      expect([...(await readUpTo(handle, 0, 1))]).toEqual([1])
      await handle.close()
      await refused(disk.rename('gone', 'x'), 'missing')
    })

    test('disk: link -> a second name, and exactly one of two linkers wins', async () => {
      const disk = await make()
      await put(disk, 'a', [1])
      await put(disk, 'b', [2])
      const results = await Promise.allSettled([disk.link('a', 'won'), disk.link('b', 'won')])
      expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1)
      await refused(disk.link('a', 'won'), 'exists')
      await refused(disk.link('gone', 'other'), 'missing')
      const file = await disk.open('a', 'write')
      await disk.link('a', 'twin')
      await file.write(0, Uint8Array.of(9))
      await file.close()
      expect(await get(disk, 'twin')).toEqual([9])
    })

    test('disk: remove -> the name is gone, another name and open handles stay', async () => {
      const disk = await make()
      await put(disk, 'a', [1])
      await disk.link('a', 'b')
      const handle = await disk.open('a', 'read')
      await disk.remove('a')
      expect(await disk.list('')).toEqual(['b'])
      expect([...(await readUpTo(handle, 0, 1))]).toEqual([1])
      await handle.close()
      await refused(disk.remove('a'), 'missing')
    })

    test('disk: use after close -> an error, not silence', async () => {
      const disk = await make()
      const file = await disk.open('f', 'create')
      await file.close()
      await refused(file.write(0, Uint8Array.of(1)), 'io')
    })

    test('disk: writing through a handle opened to read -> an error', async () => {
      const disk = await make()
      await put(disk, 'f', [1])
      const file = await disk.open('f', 'read')
      await refused(file.write(0, Uint8Array.of(1)), 'io')
      await file.close()
    })
  })
}

async function touch(disk: Disk, path: string): Promise<void> {
  await (await disk.open(path, 'create')).close()
}

async function put(disk: Disk, path: string, bytes: number[]): Promise<void> {
  const file = await disk.open(path, 'create')
  await file.write(0, Uint8Array.from(bytes))
  await file.sync()
  await file.close()
}

async function get(disk: Disk, path: string): Promise<number[]> {
  const file = await disk.open(path, 'read')
  const bytes = await readUpTo(file, 0, await file.size())
  await file.close()
  return [...bytes]
}

async function refused(call: Promise<unknown>, code: DiskErrorCode): Promise<void> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(DiskError)
  expect((error as DiskError).code).toBe(code)
}
