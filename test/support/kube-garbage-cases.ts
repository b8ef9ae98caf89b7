/** The part of the contract of a `KubeApi` that a controller does behind it: what becomes of the dependents of an object that is deleted. */
import { expect, it } from 'vitest'
import type { KubeApi } from '../../operator/kube/api.ts'
import type { KubeObject } from '../../operator/kube/object.ts'
import { controlledBy } from '../../operator/kube/owner.ts'
import { resources } from '../../operator/kube/resource.ts'
import { settled } from './until.ts'

interface World {
  readonly api: KubeApi
  readonly namespace: string
  /** One look of the collector, where none runs by itself. */
  readonly collect?: () => void
}

export function garbageCases(world: () => World): void {
  const resource = resources.configMaps
  const key = (name: string) => ({ namespace: world().namespace, name })

  const make = (name: string, metadata: object = {}) =>
    world().api.create(resource, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...key(name), ...metadata } })

  const family = async (name: string): Promise<KubeObject> => {
    const owner = await make(name)
    await make(`${name}-child`, { ownerReferences: [controlledBy(owner)] })
    return owner
  }

  const comesTrue = (holds: () => Promise<boolean>) =>
    settled(async () => {
      world().collect?.()
      return holds()
    }, 30_000)

  const there = async (name: string) => (await world().api.get(resource, key(name))) !== undefined

  it('an owner is deleted -> its dependents go after it; those of others stay', async () => {
    await family('left')
    await family('stays')
    await world().api.delete(resource, key('left'), { propagation: 'Background' })
    await comesTrue(async () => !(await there('left-child')))
    expect(await there('stays-child')).toBe(true)
  })

  it('an owner is deleted in the foreground -> it is there until its dependents are gone', async () => {
    const { api } = world()
    const owner = await make('waits')
    await make('waits-child', { ownerReferences: [controlledBy(owner)], finalizers: ['anabranch.dev/contract'] })
    await api.delete(resource, key('waits'), { propagation: 'Foreground' })
    await comesTrue(async () => (await api.get(resource, key('waits-child')))?.metadata.deletionTimestamp !== undefined)
    expect((await api.get(resource, key('waits')))?.metadata.deletionTimestamp).toBeDefined()
    await api.patch(resource, key('waits-child'), { type: 'merge', body: { metadata: { finalizers: null } } })
    await comesTrue(async () => !(await there('waits')) && !(await there('waits-child')))
  })

  it('an owner is deleted and its dependents orphaned -> they stay, without an owner', async () => {
    const { api } = world()
    await family('leaves')
    await api.delete(resource, key('leaves'), { propagation: 'Orphan' })
    await comesTrue(async () => !(await there('leaves')))
    const child = await api.get(resource, key('leaves-child'))
    expect(child?.metadata.ownerReferences ?? []).toEqual([])
  })
}
