/** What waiting does not heal, met on a real API server: the condition names object and remedy, and the remedy heals it. */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { World } from '../../devcluster/runner/suite/world.ts'
import type { EventCluster } from '../../operator/kube/kinds.ts'
import { type Resource, resources } from '../../operator/kube/resource.ts'
import { OperatorProcess } from '../support/operator/process.ts'
import { describeWith } from '../support/servers.ts'
import { settled } from '../support/until.ts'
import { realWorld } from './real-world.ts'

const limitRanges: Resource = { group: '', version: 'v1', plural: 'limitranges', kind: 'LimitRange', namespaced: true }
const tiny = { requests: { cpu: '10m', memory: '64Mi' } }

describeWith('KUBECONFIG', 'trouble on a real API server', () => {
  let world: World
  let operator: OperatorProcess

  beforeAll(async () => {
    world = await realWorld()
    operator = new OperatorProcess(world.namespace)
    await operator.start()
  })
  afterAll(async () => {
    const left = async () => (await world.api.list(resources.eventClusters, { namespace: world.namespace })).items
    for (const { metadata } of await left()) await world.delete(resources.eventClusters, metadata.name)
    await settled(async () => (await left()).length === 0, 60_000).catch(() => undefined)
    await world?.api.delete(resources.storageClasses, { name: fixed() }).catch(() => undefined)
    await world?.api.delete(resources.persistentVolumes, { name: fixed() }).catch(() => undefined)
    await operator?.stop()
    await world?.end()
  })

  const fixed = () => `fixed-${world.namespace}`
  const apply = (name: string, cpu: string, storage: object = {}) => {
    const metadata = { name, namespace: world.namespace }
    const shard = { resources: { requests: { cpu, memory: '64Mi' } }, storage }
    const spec = { id: name, log: { partitions: 1, file: { resources: tiny } }, shard }
    const object = { apiVersion: 'anabranch.dev/v1alpha1', kind: 'EventCluster', metadata, spec }
    return world.api.apply(resources.eventClusters, object, { fieldManager: 'kubectl', force: true })
  }
  const stalled = async (name: string) => {
    const key = { namespace: world.namespace, name }
    const { status } = (await world.api.get(resources.eventClusters, key)) as EventCluster
    const { reason, message } = status?.conditions?.find(({ type }) => type === 'Stalled') ?? {}
    return { phase: status?.phase, reason, message }
  }
  const becomes = (name: string, wanted: string) =>
    settled(async () => Object.values(await stalled(name)).includes(wanted), 45_000).catch(async (error: Error) => {
      throw new Error(
        `${name} is not ${wanted} but ${JSON.stringify(await stalled(name))}: ${error.message}\n${operator.log.slice(-4000)}`,
      )
    })

  test('more CPU asked for than any node has -> Unschedulable; a limit of the namespace -> Forbidden; both healed', async () => {
    await apply('shop', '900')
    await becomes('shop', 'Unschedulable')
    const fits = /Shard shop-0: pod shop-0-0 fits on no node \(.+\); free or add nodes, or ask for less/
    expect(await stalled('shop')).toMatchObject({ phase: 'Stalled', message: expect.stringMatching(fits) })

    const limits = [{ type: 'Container', min: { cpu: '100m' } }]
    const range = { apiVersion: 'v1', kind: 'LimitRange', metadata: { name: 'small', namespace: world.namespace } }
    await world.api.create(limitRanges, { ...range, spec: { limits } })
    await apply('shop', '50m')
    await becomes('shop', 'Forbidden')
    const refused = /Pod shop-0-0: .*forbidden: minimum cpu usage per Container is 100m.*change what is refused/
    expect(await stalled('shop')).toMatchObject({ phase: 'Stalled', message: expect.stringMatching(refused) })
    await world.delete(limitRanges, 'small')
    await apply('shop', '10m')
    await becomes('shop', 'Ready')
  })

  test('the volume of a cache is gone -> VolumeLost; claim and pod deleted as it says -> Ready', async () => {
    const claim = await world.claim('shop-0-0')
    const volume = { name: claim!.spec.volumeName! }
    await world.api.delete(resources.persistentVolumes, volume)
    const patch = { type: 'merge', body: { metadata: { finalizers: null } } } as const
    await world.api.patch(resources.persistentVolumes, volume, patch)
    await becomes('shop', 'VolumeLost')
    const message = /claim shop-0-0 lost its volume; delete the claim and the pod/
    expect(await stalled('shop')).toMatchObject({ message: expect.stringMatching(message) })
    await world.delete(resources.persistentVolumeClaims, 'shop-0-0')
    await world.delete(resources.pods, 'shop-0-0')
    await becomes('shop', 'Ready')
    expect((await world.claim('shop-0-0'))!.metadata.uid).not.toBe(claim!.metadata.uid)
  })

  test('a claim of other data under its name -> DataOwnedElsewhere and nothing made; the claim is gone -> it goes on', async () => {
    const labels = { 'anabranch.dev/data': 'theirs' }
    const metadata = { name: 'new-store', namespace: world.namespace, labels }
    const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }
    const claim = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata, spec }
    await world.api.create(resources.persistentVolumeClaims, claim)
    await apply('new', '10m')
    await becomes('new', 'DataOwnedElsewhere')
    const message = /new-store holds the data of id theirs, not of new: .*spec.id: theirs/
    expect(await stalled('new')).toMatchObject({ message: expect.stringMatching(message) })
    expect(await world.claim('new-log')).toBeUndefined()
    await world.delete(resources.persistentVolumeClaims, 'new-store')
    await becomes('new', 'NotStalled')
  })

  test('a larger cache of a class that cannot grow -> VolumeCannotGrow; a class that can -> healed', async () => {
    const kind = { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata: { name: fixed() } }
    await world.api.create(resources.storageClasses, { ...kind, provisioner: 'example.com/none' })
    const storage = { storageClassName: fixed(), size: '1Gi' }
    await apply('firm', '10m', storage)
    await settled(async () => (await world.claim('firm-0-0')) !== undefined, 60_000)
    await world.api.create(resources.persistentVolumes, {
      ...{ apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: fixed() } },
      spec: {
        ...{ capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], storageClassName: fixed() },
        claimRef: { namespace: world.namespace, name: 'firm-0-0' },
        hostPath: { path: join(world.data, 'firm') },
      },
    })
    await settled(async () => (await world.claim('firm-0-0'))?.status?.phase === 'Bound', 60_000)
    await apply('firm', '10m', { ...storage, size: '2Gi' })
    await becomes('firm', 'VolumeCannotGrow')
    expect((await stalled('firm')).message).toMatch(/firm-0-0.*set allowVolumeExpansion on its storage class/)
    const patch = { type: 'merge', body: { allowVolumeExpansion: true } } as const
    await world.api.patch(resources.storageClasses, { name: fixed() }, patch)
    await becomes('firm', 'NotStalled')
    expect((await world.claim('firm-0-0'))!.spec.resources!.requests!.storage).toBe('2Gi')
  })
})
