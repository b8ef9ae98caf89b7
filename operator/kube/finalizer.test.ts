import { expect, it } from 'vitest'
import { configMap, refusalOf } from '../../test/support/kube-contract.ts'
import { memoryApi } from '../../test/support/kube-memory.ts'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { addFinalizer, hasFinalizer, removeFinalizer } from './finalizer.ts'
import { keyOf } from './object.ts'
import { byController, controlledBy, controllerOf, isControlledBy } from './owner.ts'
import { resources } from './resource.ts'
import { isConflict } from './status-error.ts'

const resource = resources.configMaps
const ours = 'anabranch.dev/retain'

it('owner: a child belongs to the very object, not to a namesake that came later', () => {
  const { machinery } = memoryApi(new ManualClock())
  const owner = machinery.create(resource, configMap('default', 'owner'))
  const child = configMap('default', 'child')
  const owned = { ...child, metadata: { ...child.metadata, ownerReferences: [controlledBy(owner)] } }
  expect(controllerOf(owned)?.name).toBe('owner')
  expect(byController(owned)).toEqual([owner.metadata.uid])
  expect(byController(child)).toEqual([])
  machinery.delete(resource, keyOf(owner))
  const namesake = machinery.create(resource, configMap('default', 'owner'))
  expect([isControlledBy(owned, owner), isControlledBy(owned, namesake)]).toEqual([true, false])
})

it('finalizer: put on and taken off beside those of others, only on the version that was looked at', async () => {
  const api = memoryApi(new ManualClock())
  const { machinery } = api
  const bare = configMap('default', 'held')
  const first = machinery.create(resource, { ...bare, metadata: { ...bare.metadata, finalizers: ['other.dev/x'] } })
  const change = { api, resource, finalizer: ours, manager: 'operator' }
  const held = await addFinalizer({ ...change, object: first })
  expect(held.metadata.finalizers).toEqual(['other.dev/x', ours])
  expect(await addFinalizer({ ...change, object: held })).toBe(held)
  expect(
    await refusalOf(
      removeFinalizer({ ...change, object: { ...first, metadata: { ...first.metadata, finalizers: [ours] } } }),
    ),
  ).toSatisfy(isConflict)
  const freed = await removeFinalizer({ ...change, object: held })
  expect(freed?.metadata.finalizers).toEqual(['other.dev/x'])
  expect(hasFinalizer(freed!, ours)).toBe(false)
})

it('finalizer: taken off an object that is gone -> nothing is made anew', async () => {
  const api = memoryApi(new ManualClock())
  const bare = configMap('default', 'gone')
  const object = api.machinery.create(resource, { ...bare, metadata: { ...bare.metadata, finalizers: [ours] } })
  api.machinery.patch(resource, keyOf(object), { type: 'merge', body: { metadata: { finalizers: null } } })
  api.machinery.delete(resource, keyOf(object))
  expect(await removeFinalizer({ api, resource, object, finalizer: ours, manager: 'operator' })).toBeUndefined()
  expect(api.machinery.get(resource, keyOf(object))).toBeUndefined()
})
