/**
 * What every `ObjectStore` must do, as tests: the folder store, the simulated one and later the cloud
 * ones run the same suite.
 *
 * Does not: test faults; each store has its own.
 */
import { describe, expect, test } from 'vitest'
import type { ObjectStore } from '../../dataplane/core/ports.ts'
import { ObjectSource } from '../../dataplane/storage/object/source.ts'

const text = (value: string) => new TextEncoder().encode(value)

/** `open` makes an empty store. */
export function objectStoreContract(name: string, open: () => Promise<ObjectStore>): void {
  describe(`${name}: object store contract`, () => {
    test('an object is created once and never overwritten (MAN-1)', async () => {
      const store = await open()
      expect(await store.putIfAbsent('manifests/s0/1.manifest', text('first'))).toBe('created')
      expect(await store.putIfAbsent('manifests/s0/1.manifest', text('second'))).toBe('exists')
      expect(await store.getRange('manifests/s0/1.manifest', 0, 100)).toEqual(text('first'))
    })

    test('of many puts at once of one key exactly one creates it, and its bytes are there (MAN-1)', async () => {
      const store = await open()
      const outcomes = await Promise.all(
        Array.from({ length: 12 }, (_, i) => store.putIfAbsent('a/b/race.x', text(`writer ${i}`))),
      )
      expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(1)
      const winner = outcomes.indexOf('created')
      expect(await store.getRange('a/b/race.x', 0, 100)).toEqual(text(`writer ${winner}`))
    })

    test('an absent object has no size and no bytes', async () => {
      const store = await open()
      expect(await store.size('a/none.x')).toBeUndefined()
      expect(await store.getRange('a/none.x', 0, 1)).toBeUndefined()
    })

    test('a range is exact, and what lies past the end is left out', async () => {
      const store = await open()
      await store.putIfAbsent('a.x', text('0123456789'))
      expect(await store.size('a.x')).toBe(10)
      expect(await store.getRange('a.x', 2, 5)).toEqual(text('234'))
      expect(await store.getRange('a.x', 5, 5)).toEqual(text(''))
      expect(await store.getRange('a.x', 8, 20)).toEqual(text('89'))
      expect(await store.getRange('a.x', 30, 40)).toEqual(text(''))
    })

    test('an empty object exists', async () => {
      const store = await open()
      await store.putIfAbsent('a/empty.x', text(''))
      expect(await store.size('a/empty.x')).toBe(0)
      expect(await store.list('a/')).toEqual(['a/empty.x'])
    })

    test('the bytes put are the bytes kept, whatever the caller does with its array', async () => {
      const store = await open()
      const bytes = text('before')
      const put = store.putIfAbsent('a/own.x', bytes)
      await put
      bytes.fill(0)
      expect(await store.getRange('a/own.x', 0, 6)).toEqual(text('before'))
    })

    test('a list is in the order of bytes over folders, after a key, up to a limit', async () => {
      const store = await open()
      const keys = ['a-b.x', 'a.x', 'a/b-c.x', 'a/b.x', 'a/b/a.x', 'a/b/z.x', 'a/b0.x', 'a0.x', 'b/x.x', 'b/x_.x']
      for (const key of [...keys].reverse()) await store.putIfAbsent(key, text(key))
      expect(await store.list('')).toEqual(keys)
      expect(await store.list('a/')).toEqual(keys.slice(2, 7))
      expect(await store.list('a/b')).toEqual(keys.slice(2, 7))
      expect(await store.list('a/b/')).toEqual(keys.slice(4, 6))
      expect(await store.list('b/x.')).toEqual(['b/x.x'])
      expect(await store.list('c')).toEqual([])
      expect(await store.list('a/none/')).toEqual([])
      for (let i = 0; i < keys.length; i++) {
        expect(await store.list('', { after: keys[i]! })).toEqual(keys.slice(i + 1))
        expect(await store.list('', { after: keys[i]!, limit: 2 })).toEqual(keys.slice(i + 1, i + 3))
        expect(await store.list('a', { after: keys[i]! })).toEqual(
          keys.slice(i + 1).filter((key) => key.startsWith('a')),
        )
      }
      expect(await store.list('', { limit: 0 })).toEqual([])
    })

    test('a key outside the grammar is a defect of the caller', async () => {
      const store = await open()
      for (const key of ['', 'a', '/a.x', 'a/', 'a//b.x', '../a.x', 'a/../b.x', '.incoming/a.x', 'a.d/b.x', 'a/ü.x']) {
        await expect(async () => store.putIfAbsent(key, text('')), key).rejects.toThrow(/BUG/)
        await expect(async () => store.getRange(key, 0, 1), key).rejects.toThrow(/BUG/)
      }
    })

    test('a source reads exact ranges and reports what does not fit the object', async () => {
      const store = await open()
      await store.putIfAbsent('a/s.x', text('0123456789'))
      const source = await ObjectSource.open(store, 'a/s.x', 10)
      expect(source.byteLength).toBe(10)
      expect(await source.read(3, 6)).toEqual(text('345'))
      await expect(source.read(3, 11)).rejects.toThrow(/SEGMENT_CORRUPT: a\/s.x at byte 3: .* got 3 to 11, want within/)
      await expect(ObjectSource.open(store, 'a/s.x', 11)).rejects.toThrow(
        /SEGMENT_CORRUPT: a\/s.x at byte 10: .* got 10, want 11/,
      )
      await expect(ObjectSource.open(store, 'a/none.x')).rejects.toThrow(/OBJECT_MISSING: a\/none.x/)
    })
  })
}
