import fc from 'fast-check'
import { expect, it } from 'vitest'
import { configMap } from '../../test/support/kube-contract.ts'
import type { KubeObject } from './object.ts'
import { Store } from './store.ts'
import { compareVersions } from './version.ts'

function at(version: number, name = 'a', { uid = name, data = {} as Record<string, string> } = {}): KubeObject {
  const object = configMap('shop', name, data)
  return { ...object, metadata: { ...object.metadata, uid, resourceVersion: String(version) } }
}

const key = (name: string) => ({ namespace: 'shop', name })

it('version: order is by number, also where the length differs and past 2^53', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n }), fc.bigInt({ min: 0n, max: 2n ** 64n }), (a, b) => {
      expect(Math.sign(compareVersions(String(a), String(b)))).toBe(a < b ? -1 : a > b ? 1 : 0)
    }),
  )
})

it('store: an event that is older than what is in -> changes nothing, also after a deletion', () => {
  const store = new Store()
  expect(store.put(at(5))).toBe(true)
  expect(store.put(at(4, 'a', { data: { old: 'yes' } }))).toBe(false)
  expect(store.get(key('a'))?.data).toEqual({})
  expect(store.remove(at(7))).toBe(true)
  expect(store.put(at(6))).toBe(false)
  expect(store.get(key('a'))).toBeUndefined()
  expect(store.put(at(8))).toBe(true)
})

it('store: a list older than what is in -> refused whole', () => {
  const store = new Store()
  store.fill([at(5)], '9')
  expect(store.fill([], '8')).toBe(false)
  expect(store.size).toBe(1)
})

it('store: a list after a gap -> listeners are told the difference, deletions and namesakes too', () => {
  const store = new Store()
  const told: string[] = []
  store.listen(({ type, object }, initial) => told.push(`${type} ${object.metadata.uid}${initial ? ' initial' : ''}`))
  store.fill([at(1, 'a'), at(2, 'b'), at(3, 'c')], '3')
  store.fill([at(1, 'a'), at(5, 'c', { uid: 'c-again' }), at(6, 'd')], '6')
  expect(told).toEqual([
    'added a initial',
    'added b initial',
    'added c initial',
    'deleted b',
    'deleted c',
    'added c-again',
    'added d',
  ])
})

it('store: a listener that throws -> everything is in, the others are told, and the error comes out', () => {
  const store = new Store()
  const told: string[] = []
  store.listen(({ object }) => {
    if (object.metadata.name === 'b') throw new Error('listener')
  })
  store.listen(({ object }) => told.push(object.metadata.name))
  expect(() => store.fill([at(1, 'a'), at(2, 'b'), at(3, 'c')], '3')).toThrow('listener')
  expect([told, store.size, store.version]).toEqual([['a', 'b', 'c'], 3, '3'])
  expect(() => store.remove(at(4, 'b'))).toThrow('listener')
  expect([store.size, store.put(at(5, 'd'))]).toEqual([2, true])
})

it('store: objects are frozen all the way down', () => {
  const store = new Store()
  store.put(at(1, 'a', { data: { x: '1' } }))
  const { data } = store.get(key('a'))!
  expect(() => {
    ;(data as Record<string, string>).x = '2'
  }).toThrow(TypeError)
})

it('store: whatever happens in whatever order -> indexes say what a scan says, and no object gets older', () => {
  const step = fc.record({
    version: fc.integer({ min: 1, max: 40 }),
    name: fc.constantFrom('a', 'b', 'c'),
    colour: fc.constantFrom('red', 'blue'),
    kind: fc.constantFrom('put', 'remove', 'fill'),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const colourOf = (object: KubeObject) => [(object.data as { colour: string }).colour]
      const store = new Store({ colour: colourOf })
      const mirror = new Map<string, KubeObject>()
      store.listen(({ type, object }) => {
        const name = object.metadata.name
        const before = mirror.get(name)?.metadata.resourceVersion ?? '0'
        if (type === 'deleted') mirror.delete(name)
        else {
          expect(compareVersions(object.metadata.resourceVersion!, before)).toBeGreaterThan(0)
          mirror.set(name, object)
        }
      })
      for (const { version, name, colour, kind } of steps) {
        const object = at(version, name, { data: { colour } })
        if (kind === 'put') store.put(object)
        else if (kind === 'remove') store.remove(object)
        else store.fill([object], String(version))
        for (const value of ['red', 'blue']) {
          const scanned = [...store.values()].filter((one) => colourOf(one)[0] === value)
          expect(new Set(store.byIndex('colour', value))).toEqual(new Set(scanned))
        }
        expect(new Set(store.values())).toEqual(new Set(mirror.values()))
      }
    }),
  )
})
