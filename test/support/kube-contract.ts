/**
 * What every `KubeApi` does, whoever answers: the machinery in this process, the same over HTTP, a real API server.
 *
 * Each case makes its own objects in the namespace that it is given. Does not: test what a connection does wrong (faults have tests of
 * their own), nor admission and defaults, which only a real server has.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { KubeApi, WatchEvent, WatchQuery } from '../../operator/kube/api.ts'
import type { KubeObject } from '../../operator/kube/object.ts'
import { type Resource, resources } from '../../operator/kube/resource.ts'
import { isAlreadyExists, isConflict, isInvalid, isNotFound } from '../../operator/kube/status-error.ts'
import { applyCases } from './kube-apply-cases.ts'
import { garbageCases } from './kube-garbage-cases.ts'

export interface ContractWorld {
  readonly api: KubeApi
  /** Exists, is empty and belongs to this run. */
  readonly namespace: string
  /** Served when the suite starts: the kind of `widgetDefinition`. */
  readonly widgets: Resource
  /** One look of the garbage collector, where none runs by itself. */
  readonly collect?: () => void
  stop(): Promise<void>
}

export const widgetResource: Resource = {
  group: 'contract.anabranch.dev',
  version: 'v1',
  plural: 'widgets',
  kind: 'Widget',
  namespaced: true,
}

const text = { type: 'string' }
const items = { type: 'object', required: ['name'], properties: { name: text, size: { type: 'integer' }, note: text } }

/** A kind with what matters to server-side apply: a list with keys, a set, a list that is one value, conditions, an open map. */
export const widgetDefinition: KubeObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.contract.anabranch.dev' },
  spec: {
    group: 'contract.anabranch.dev',
    scope: 'Namespaced',
    names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                properties: {
                  size: { type: 'integer' },
                  colour: text,
                  parts: {
                    type: 'array',
                    items,
                    'x-kubernetes-list-type': 'map',
                    'x-kubernetes-list-map-keys': ['name'],
                  },
                  tags: { type: 'array', items: text, 'x-kubernetes-list-type': 'set' },
                  lines: { type: 'array', items: text },
                  nested: { type: 'object', properties: { a: text, b: text } },
                  open: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
                },
              },
              status: {
                type: 'object',
                properties: {
                  phase: text,
                  conditions: {
                    type: 'array',
                    items: { type: 'object', required: ['type', 'status'], properties: { type: text, status: text } },
                    'x-kubernetes-list-type': 'map',
                    'x-kubernetes-list-map-keys': ['type'],
                  },
                },
              },
            },
          },
        },
      },
    ],
  },
}

export function widget(namespace: string, name: string, spec: Record<string, unknown> = {}): KubeObject {
  return { apiVersion: 'contract.anabranch.dev/v1', kind: 'Widget', metadata: { name, namespace }, spec }
}

export function configMap(namespace: string, name: string, data: Record<string, string> = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data }
}

/** The first `count` events that are no bookmarks. */
export async function eventsOf(
  api: KubeApi,
  resource: Resource,
  query: WatchQuery,
  count: number,
): Promise<WatchEvent[]> {
  const events: WatchEvent[] = []
  const stop = new AbortController()
  for await (const event of api.watch(resource, query, stop.signal)) {
    if (event.type !== 'BOOKMARK') events.push(event)
    if (events.length === count) break
  }
  return events
}

export async function refusalOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  )
}

const told = (event: WatchEvent) =>
  event.type === 'BOOKMARK' ? 'BOOKMARK' : `${event.type} ${event.object.metadata.name}`

export function kubeContract(name: string, start: () => Promise<ContractWorld>): void {
  describe(`kube api: ${name}`, () => {
    let world: ContractWorld
    beforeAll(async () => {
      world = await start()
    }, 60_000)
    afterAll(() => world?.stop())

    it('an object that was created is read back as plain JSON, dates as text, unknown fields kept', async () => {
      const { api, namespace, widgets } = world
      const made = await api.create(widgets, widget(namespace, 'made', { open: { deep: [{ x: 1 }] } }))
      expect(await api.get(widgets, { namespace, name: 'made' })).toEqual(made)
      expect(made.spec).toEqual({ open: { deep: [{ x: 1 }] } })
      expect(made.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
      expect(made.metadata.uid).toMatch(/^[0-9a-f-]{36}$/)
      expect(made.metadata.generation).toBe(1)
      expect(await api.get(widgets, { namespace, name: 'absent' })).toBeUndefined()
    })

    it('refusals are told apart: exists already, no such namespace, no such object, no version', async () => {
      const { api, namespace, widgets } = world
      await api.create(resources.configMaps, configMap(namespace, 'once'))
      expect(await refusalOf(api.create(resources.configMaps, configMap(namespace, 'once')))).toSatisfy(isAlreadyExists)
      const nowhere = api.create(resources.configMaps, configMap(`${namespace}-absent`, 'x'))
      expect(await refusalOf(nowhere)).toSatisfy(isNotFound)
      expect(await refusalOf(api.delete(resources.configMaps, { namespace, name: 'absent' }))).toSatisfy(isNotFound)
      await api.create(widgets, widget(namespace, 'unversioned'))
      expect(await refusalOf(api.replace(widgets, widget(namespace, 'unversioned')))).toSatisfy(isInvalid)
    })

    it('pages of a list are of one revision: what comes between them is not in them', async () => {
      const { api, namespace } = world
      for (const name of ['a', 'b', 'c', 'd', 'e']) {
        await api.create(resources.configMaps, {
          ...configMap(namespace, `page-${name}`),
          metadata: { name: `page-${name}`, namespace, labels: { paged: 'yes' } },
        })
      }
      const query = { namespace, labelSelector: 'paged=yes', limit: 2 }
      const first = await api.list(resources.configMaps, query)
      await api.delete(resources.configMaps, { namespace, name: 'page-e' })
      const second = await api.list(resources.configMaps, { ...query, continue: first.continue! })
      const third = await api.list(resources.configMaps, { ...query, continue: second.continue! })
      const names = [first, second, third].flatMap((page) => page.items.map(({ metadata }) => metadata.name))
      expect(names).toEqual(['page-a', 'page-b', 'page-c', 'page-d', 'page-e'])
      expect(third.continue).toBeUndefined()
      expect(third.resourceVersion).toBe(first.resourceVersion)
    })

    it('a watch from a list tells every later change once, in order', async () => {
      const { api, namespace } = world
      const { resourceVersion } = await api.list(resources.configMaps, { namespace })
      const made = await api.create(resources.configMaps, configMap(namespace, 'seen'))
      await api.patch(resources.configMaps, { namespace, name: 'seen' }, { type: 'merge', body: { data: { a: '1' } } })
      await api.delete(resources.configMaps, { namespace, name: 'seen' })
      const events = await eventsOf(api, resources.configMaps, { namespace, resourceVersion }, 3)
      expect(events.map(told)).toEqual(['ADDED seen', 'MODIFIED seen', 'DELETED seen'])
      const versions = events.map((event) =>
        event.type === 'BOOKMARK' ? 0 : Number(event.object.metadata.resourceVersion),
      )
      expect(versions).toEqual([Number(made.metadata.resourceVersion), ...versions.slice(1).toSorted((a, b) => a - b)])
    })

    it('a watch with a selector tells of an object that begins or ceases to match', async () => {
      const { api, namespace } = world
      const { resourceVersion } = await api.list(resources.configMaps, { namespace })
      const key = { namespace, name: 'moving' }
      await api.create(resources.configMaps, configMap(namespace, 'moving'))
      await api.patch(resources.configMaps, key, { type: 'merge', body: { metadata: { labels: { on: 'yes' } } } })
      await api.patch(resources.configMaps, key, { type: 'merge', body: { metadata: { labels: { on: null } } } })
      const query = { namespace, resourceVersion, labelSelector: 'on in (yes, maybe)' }
      const events = await eventsOf(api, resources.configMaps, query, 2)
      expect(events.map(told)).toEqual(['ADDED moving', 'DELETED moving'])
    })

    it('a watch ends by itself after the time it asked for, and throws the reason when it is aborted', async () => {
      const { api, namespace } = world
      const { resourceVersion } = await api.list(resources.configMaps, { namespace })
      const query = { namespace, resourceVersion, timeoutSeconds: 1, fieldSelector: 'metadata.name=never' }
      for await (const event of api.watch(resources.configMaps, query, new AbortController().signal)) {
        expect(event.type).toBe('BOOKMARK')
      }
      const stop = new AbortController()
      const watching = async () => {
        for await (const _ of api.watch(resources.configMaps, { namespace, resourceVersion }, stop.signal)) {
          stop.abort(new Error('enough'))
        }
      }
      const refusal = refusalOf(watching())
      await api.create(resources.configMaps, configMap(namespace, 'wakes'))
      expect(await refusal).toEqual(new Error('enough'))
    })

    it('a write with an older version is a conflict and changes nothing', async () => {
      const { api, namespace } = world
      const first = await api.create(resources.configMaps, configMap(namespace, 'raced', { a: '1' }))
      const second = await api.replace(resources.configMaps, { ...first, data: { a: '2' } })
      const late = api.replace(resources.configMaps, { ...first, data: { a: '3' } })
      expect(await refusalOf(late)).toSatisfy(isConflict)
      expect(await api.get(resources.configMaps, { namespace, name: 'raced' })).toEqual(second)
    })

    it('a write that changes nothing keeps the version', async () => {
      const { api, namespace } = world
      const first = await api.create(resources.configMaps, configMap(namespace, 'still', { a: '1' }))
      const again = await api.replace(resources.configMaps, first)
      expect(again.metadata.resourceVersion).toBe(first.metadata.resourceVersion)
    })

    it('patches: merge removes by null, json tests before it changes', async () => {
      const { api, namespace } = world
      const key = { namespace, name: 'patched' }
      await api.create(resources.configMaps, configMap(namespace, 'patched', { a: '1', b: '2' }))
      const merged = await api.patch(resources.configMaps, key, { type: 'merge', body: { data: { a: null, c: '3' } } })
      expect(merged.data).toEqual({ b: '2', c: '3' })
      const body = [
        { op: 'test', path: '/data/b', value: '2' },
        { op: 'replace', path: '/data/b', value: '4' },
      ] as const
      expect((await api.patch(resources.configMaps, key, { type: 'json', body })).data).toEqual({ b: '4', c: '3' })
      expect(await refusalOf(api.patch(resources.configMaps, key, { type: 'json', body }))).toSatisfy(isInvalid)
    })

    it('status and the rest are written apart, and only the rest counts as a generation', async () => {
      const { api, namespace, widgets } = world
      const made = await api.create(widgets, {
        ...widget(namespace, 'parted', { size: 1 }),
        status: { phase: 'Early' },
      })
      expect(made.status).toBeUndefined()
      const body = { spec: { size: 9 }, status: { phase: 'New' } }
      const key = { namespace, name: 'parted' }
      const stated = await api.patch(widgets, key, { type: 'merge', body }, { subresource: 'status' })
      expect([stated.spec, stated.status, stated.metadata.generation]).toEqual([{ size: 1 }, { phase: 'New' }, 1])
      const specified = await api.replace(widgets, { ...stated, spec: { size: 2 }, status: { phase: 'Old' } })
      expect([specified.spec, specified.status, specified.metadata.generation]).toEqual([
        { size: 2 },
        { phase: 'New' },
        2,
      ])
    })

    it('a delete with the identity or version of another object is a conflict and deletes nothing', async () => {
      const { api, namespace } = world
      const key = { namespace, name: 'kept' }
      const made = await api.create(resources.configMaps, configMap(namespace, 'kept'))
      const { uid, resourceVersion } = await api
        .patch(resources.configMaps, key, { type: 'merge', body: { data: { a: '1' } } })
        .then(({ metadata }) => metadata)
      const other = api.delete(resources.configMaps, key, { uid: '00000000-0000-4000-8000-000000000000' })
      expect(await refusalOf(other)).toSatisfy(isConflict)
      const older = api.delete(resources.configMaps, key, { resourceVersion: made.metadata.resourceVersion! })
      expect(await refusalOf(older)).toSatisfy(isConflict)
      expect(await api.get(resources.configMaps, key)).toBeDefined()
      await api.delete(resources.configMaps, key, { uid: uid!, resourceVersion: resourceVersion! })
      expect(await api.get(resources.configMaps, key)).toBeUndefined()
    })

    it('a finalizer keeps a deleted object until it is taken off', async () => {
      const { api, namespace } = world
      const key = { namespace, name: 'held' }
      const object = configMap(namespace, 'held')
      await api.create(resources.configMaps, {
        ...object,
        metadata: { ...object.metadata, finalizers: ['anabranch.dev/contract'] },
      })
      await api.delete(resources.configMaps, key)
      const held = await api.get(resources.configMaps, key)
      expect(held?.metadata.deletionTimestamp).toBeDefined()
      await api.patch(resources.configMaps, key, { type: 'merge', body: { metadata: { finalizers: null } } })
      expect(await api.get(resources.configMaps, key)).toBeUndefined()
    })

    it('a name can be left to the server', async () => {
      const { api, namespace } = world
      const object = { ...configMap(namespace, ''), metadata: { name: '', generateName: 'some-', namespace } }
      const [one, two] = [
        await api.create(resources.configMaps, object),
        await api.create(resources.configMaps, object),
      ]
      expect(one.metadata.name).toMatch(/^some-.{5}$/)
      expect(two.metadata.name).not.toBe(one.metadata.name)
    })

    it('raw paths are for what is no resource', async () => {
      expect(await world.api.raw({ method: 'GET', path: '/version' })).toMatchObject({ major: '1' })
      expect(await refusalOf(world.api.raw({ method: 'GET', path: '/nothing/here' }))).toSatisfy(isNotFound)
    })

    applyCases(() => world)
    garbageCases(() => world)
  })
}
