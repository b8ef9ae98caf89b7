import { expect, it } from 'vitest'
import { configMap, refusalOf } from '../../../test/support/kube-contract.ts'
import { memoryApi } from '../../../test/support/kube-memory.ts'
import { ManualClock } from '../../../test/support/manual-clock.ts'
import { keyOf } from '../object.ts'
import { resources } from '../resource.ts'
import { Store } from '../store.ts'
import { FencedApi } from './fence.ts'
import { WriteGate } from './gate.ts'
import { type WriteResult, Writes } from './writes.ts'

function start() {
  const api = memoryApi(new ManualClock())
  const store = new Store()
  const gate = new WriteGate((resource) => (resource === resources.configMaps ? store : undefined))
  const results: WriteResult[] = []
  const writes = new Writes({ api, manager: 'operator', gate, observe: ({ result }) => results.push(result) })
  return { api, machinery: api.machinery, store, gate, writes, results }
}

const resource = resources.configMaps
const owner = 'default/shop'
const desired = configMap('default', 'a', { x: '1' })

it('writes: the same apply again, and by a new process -> nothing is sent (OPR-2)', async () => {
  const { api, machinery, gate, writes, results } = start()
  const { object, why } = await writes.apply({ owner, resource, desired, live: undefined })
  expect(why).toBe('the object does not exist')
  const again = await writes.apply({ owner, resource, desired, live: object })
  expect(again).toEqual({ object })
  const other = new Writes({ api, manager: 'operator', gate, observe: ({ result }) => results.push(result) })
  await other.apply({ owner, resource, desired, live: object })
  expect(results).toEqual(['written', 'suppressed', 'suppressed'])
  expect(machinery.storage.revision).toBe(Number(object.metadata.resourceVersion))
})

it('writes: a difference that the server does not see -> sent once, not at each look, until the object changes', async () => {
  const { machinery, writes, results } = start()
  const odd = { ...desired, data: {} }
  const { object } = await writes.apply({ owner, resource, desired: odd, live: undefined })
  machinery.apply(resource, configMap('default', 'a', { theirs: '1' }), { fieldManager: 'other' })
  const seen = machinery.get(resource, keyOf(object))!
  await writes.apply({ owner, resource, desired: odd, live: seen })
  await writes.apply({ owner, resource, desired: odd, live: seen })
  expect(results).toEqual(['written', 'unchanged', 'suppressed'])
})

it('writes: a delete hits only the object that was looked at (OPR-1)', async () => {
  const { machinery, writes, results } = start()
  const seen = machinery.create(resource, desired)
  machinery.patch(resource, keyOf(seen), { type: 'merge', body: { data: { y: '2' } } })
  expect(await writes.delete(owner, resource, seen)).toBe('changed')
  machinery.delete(resource, keyOf(seen))
  const namesake = machinery.create(resource, desired)
  expect(await writes.delete(owner, resource, seen)).toBe('changed')
  expect(machinery.get(resource, keyOf(seen))).toEqual(namesake)
  expect(await writes.delete(owner, resource, namesake)).toBe('written')
  expect(await writes.delete(owner, resource, namesake)).toBe('gone')
  expect(results).toEqual(['changed', 'changed', 'written', 'gone'])
})

it('gate: after a write an owner is behind until the store has seen it; others are not', async () => {
  const { writes, gate, store } = start()
  const { object } = await writes.apply({ owner, resource, desired, live: undefined })
  expect(gate.behind(owner)).toEqual(['configmaps default/a'])
  expect(gate.behind('default/other')).toEqual([])
  store.put(object)
  expect(gate.behind(owner)).toEqual([])
})

it('gate: after a delete an owner is behind until the store has seen the end, the mark of it or another object', async () => {
  const { machinery, writes, gate, store } = start()
  const made = machinery.create(resource, desired)
  store.put(made)
  await writes.delete(owner, resource, made)
  expect(gate.behind(owner)).toEqual(['configmaps default/a'])
  store.put(machinery.create(resource, desired))
  expect(gate.behind(owner)).toEqual([])
})

it('gate: writes of kinds that are not watched are not waited for', async () => {
  const { machinery, writes, gate } = start()
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'default' } }
  await writes.create(owner, resources.secrets, secret)
  expect(machinery.get(resources.secrets, keyOf(secret))).toBeDefined()
  expect(gate.behind(owner)).toEqual([])
})

it('fence: whoever may not write any more -> no write of any verb arrives, reads do', async () => {
  const { api, machinery } = start()
  const live = machinery.create(resource, desired)
  let open = true
  const fenced = new FencedApi(api, () => {
    if (!open) throw new Error('fenced')
  })
  open = false
  const { revision } = machinery.storage
  const attempts = [
    () => fenced.create(resource, configMap('default', 'b')),
    () => fenced.replace(resource, { ...live, data: {} }),
    () => fenced.apply(resource, configMap('default', 'c'), { fieldManager: 'x' }),
    () => fenced.patch(resource, keyOf(live), { type: 'merge', body: { data: { z: '1' } } }),
    () => fenced.delete(resource, keyOf(live)),
    () => fenced.raw({ method: 'POST', path: '/x' }),
  ]
  for (const attempt of attempts) expect(await refusalOf(attempt())).toEqual(new Error('fenced'))
  expect(machinery.storage.revision).toBe(revision)
  expect(await fenced.get(resource, keyOf(live))).toEqual(live)
  expect((await fenced.list(resource, { namespace: 'default' })).items).toEqual([live])
})
