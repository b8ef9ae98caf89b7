/**
 * What the operator writes into a status is what the schema has, and each reason is one that the reference explains: looked at after every
 * second of some lives.
 */
import { expect, test } from 'vitest'
import { conditionsOf } from '../../crds/conditions.ts'
import type { Condition } from '../../crds/fields/condition.ts'
import { kinds } from '../../crds/kind.ts'
import { type Resource, resources } from '../../operator/kube/resource.ts'
import { namespace, OperatorWorld } from '../support/operator/world.ts'

type Tables = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, object>>>>>>

async function faults(world: OperatorWorld): Promise<string[]> {
  const found: string[] = []
  for (const { kind, status: schema } of kinds) {
    const resource = Object.values(resources).find((one) => one.kind === kind) as Resource
    for (const { metadata, status } of (await world.api.list(resource, { namespace })).items) {
      if (status === undefined) continue
      const parsed = schema.safeParse(status)
      if (!parsed.success) found.push(`${kind} ${metadata.name}: ${parsed.error.message}`)
      for (const { type, status: value, reason } of (status as { conditions?: Condition[] }).conditions ?? []) {
        const known = (conditionsOf as unknown as Record<string, Tables>)[kind]?.[type]?.[value]
        if (known?.[reason] === undefined) found.push(`${kind} ${metadata.name}: ${type} ${value} ${reason}`)
      }
    }
  }
  return [...new Set(found)]
}

async function live(world: OperatorWorld, seconds: number): Promise<string[]> {
  const found = new Set<string>()
  for (let second = 0; second < seconds; second++) {
    await world.round()
    for (const fault of await faults(world)) found.add(fault)
  }
  return [...found]
}

const project = { clusterRef: { name: 'shop' }, id: 'checkout' }

test.each([
  ['created', {}, {}],
  ['scaled up', { shard: { replicas: 1 } }, { shard: { replicas: 3 } }],
  ['scaled down', { shard: { replicas: 3 } }, { shard: { replicas: 1 } }],
  [
    'rolled',
    { shard: { replicas: 2 }, sharding: { count: 2 } },
    { shard: { replicas: 2 }, sharding: { count: 2 }, image: 'anabranch:2' },
  ],
  ['paused', {}, { paused: true }],
  ['given a pull secret that is missing', {}, { imagePullSecrets: [{ name: 'none' }] }],
])(
  'kinds: a cluster that is %s -> its statuses have the form of the schema, and reasons that are explained',
  async (_, before, after) => {
    const world = new OperatorWorld()
    await world.apply('EventCluster', 'shop', before)
    await world.apply('Project', 'checkout', project)
    await world.apply('Project', 'lost', { clusterRef: { name: 'none' }, id: 'lost' })
    await world.apply('Project', 'second', project)
    await world.apply('Project', 'elsewhere', { ...project, id: 'elsewhere', timezone: 'Europe/Atlantis' })
    await world.apply('CompactionPolicy', 'all', { selector: {} })
    await world.apply('CompactionPolicy', 'wrong', {
      selector: { clusters: { matchExpressions: [{ key: 'a', operator: 'In' }] } },
    })
    expect(await live(world, 15)).toEqual([])
    await world.apply('EventCluster', 'shop', after)
    expect(await live(world, 15)).toEqual([])
    await world.delete('EventCluster', 'shop')
    expect(await live(world, 10)).toEqual([])
  },
)
