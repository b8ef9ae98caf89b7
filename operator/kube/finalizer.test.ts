import { expect, it } from 'vitest'
import { configMap, refusalOf } from '../../test/support/kube-contract.ts'
import { memoryApi } from '../../test/support/kube-memory.ts'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { addFinalizer, hasFinalizer, removeFinalizer } from './finalizer.ts'
import { keyOf } from './object.ts'
import { resources } from './resource.ts'
import { isConflict } from './status-error.ts'

const resource = resources.configMaps
const ours = 'anabranch.dev/retain'

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
