import { describe, expect, test } from 'vitest'
import { judge } from './judge.ts'
import { apiVersion, eventClusterKind, projectKind } from './kind.ts'

const cluster = (spec?: unknown, name = 'shop') => ({ apiVersion, kind: 'EventCluster', metadata: { name }, spec })
const project = (spec: unknown) => ({ apiVersion, kind: 'Project', metadata: { name: 'checkout' }, spec })

describe('judge', () => {
  test('kinds: an EventCluster without a spec -> every default is in it', () => {
    const { object } = judge(eventClusterKind, cluster())
    expect(object?.spec.log).toEqual({
      partitions: 64,
      file: { storage: { size: '10Gi' }, resources: { requests: { cpu: '100m', memory: '256Mi' } } },
    })
  })

  test('kinds: a field that nobody knows -> is a problem with its path', () => {
    const { problems } = judge(eventClusterKind, cluster({ sharding: { auto: {} } }))
    expect(problems).toEqual([{ field: 'spec.sharding.auto', message: 'no such field' }])
  })

  test('kinds: a rule of a described copy of a schema -> is asked as that of the schema', () => {
    const { problems } = judge(
      projectKind,
      project({ clusterRef: { name: 'b' }, id: 'x' }),
      project({ clusterRef: { name: 'a' }, id: 'x' }),
    )
    expect(problems).toEqual([{ field: 'spec.clusterRef.name', message: 'fixed: write a, or create another Project' }])
  })
})
