import { expect, it } from 'vitest'
import type { WatchEvent } from '../../operator/kube/api.ts'
import { resources } from '../../operator/kube/resource.ts'
import { isExpired } from '../../operator/kube/status-error.ts'
import { configMap, refusalOf } from '../../test/support/kube-contract.ts'
import { memoryApi } from '../../test/support/kube-memory.ts'
import { ManualClock } from '../../test/support/manual-clock.ts'

it('watch: nothing happens -> a bookmark tells the newest version now and then, and one at the end', async () => {
  const clock = new ManualClock()
  const api = memoryApi(clock, { bookmarkMs: 60_000 })
  const events: WatchEvent[] = []
  const ended = (async () => {
    const query = { resourceVersion: '1', namespace: 'default', timeoutSeconds: 90 }
    for await (const event of api.watch(resources.configMaps, query, new AbortController().signal)) events.push(event)
  })()
  await clock.advance(30_000)
  await api.create(resources.secrets, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's', namespace: 'default' },
  })
  const resourceVersion = String(api.machinery.storage.revision)
  expect(events).toEqual([])
  await clock.advance(30_000)
  expect(events).toEqual([{ type: 'BOOKMARK', resourceVersion }])
  await clock.advance(30_000)
  await ended
  expect(events).toEqual([
    { type: 'BOOKMARK', resourceVersion },
    { type: 'BOOKMARK', resourceVersion },
  ])
  expect(clock.sleeping).toBe(0)
})

it('watch, list: a version older than the history is expired, in a watch and in the middle of pages', async () => {
  const api = memoryApi(new ManualClock())
  for (const name of ['a', 'b', 'c']) await api.create(resources.configMaps, configMap('default', name))
  const page = await api.list(resources.configMaps, { namespace: 'default', limit: 1 })
  await api.create(resources.configMaps, configMap('default', 'd'))
  api.machinery.storage.compact()
  const next = api.list(resources.configMaps, { namespace: 'default', limit: 1, continue: page.continue! })
  expect(await refusalOf(next)).toSatisfy(isExpired)
  const watch = api.watch(resources.configMaps, { resourceVersion: page.resourceVersion }, new AbortController().signal)
  expect(await refusalOf(watch[Symbol.asyncIterator]().next())).toSatisfy(isExpired)
})
