/** Remedies of the troubleshooting page, done as they are written there: they heal. */
import { expect, test } from 'vitest'
import { resources } from '../../operator/kube/resource.ts'
import { namespace, OperatorWorld } from '../support/operator/world.ts'
import { pages } from './console.ts'

async function conditionOf(world: OperatorWorld, type: string): Promise<string | undefined> {
  const cluster = await world.get(resources.eventClusters, 'shop')
  const { conditions = [] } = (cluster?.status ?? {}) as {
    conditions?: { type: string; status: string; reason: string }[]
  }
  const found = conditions.find((one) => one.type === type)
  return found && `${found.status} ${found.reason}`
}

test('docs: VolumeLost, a copy of the volume under the former name and labels, and its uid written down -> serves again', async () => {
  const world = new OperatorWorld()
  await world.apply('EventCluster', 'shop', {})
  await world.settle()
  const lost = (await world.get(resources.persistentVolumeClaims, 'shop-store'))!
  await world.delete('PersistentVolumeClaim', 'shop-store')
  await world.until('the loss is seen', async () => (await conditionOf(world, 'Stalled')) === 'True VolumeLost')
  // Never an empty one in its place.
  for (let round = 0; round < 5; round++) await world.round()
  expect(await world.get(resources.persistentVolumeClaims, 'shop-store')).toBeUndefined()

  const { name, labels } = lost.metadata
  const copy = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, namespace, labels },
    spec: lost.spec,
  }
  const { metadata } = await world.api.create(resources.persistentVolumeClaims, copy as never)
  for (let round = 0; round < 5; round++) await world.round()
  expect(await conditionOf(world, 'Stalled')).toBe('True VolumeLost')

  expect(pages['troubleshooting.md']).toContain('`store-claim-uid`')
  const body = { metadata: { annotations: { 'anabranch.dev/store-claim-uid': metadata.uid } } }
  await world.api.patch(resources.configMaps, { namespace, name: 'shop-routing' }, { type: 'merge', body })
  await world.settle()
  expect(await conditionOf(world, 'Stalled')).toBe('False NotStalled')
  expect(await conditionOf(world, 'Ready')).toBe('True Serving')
})
