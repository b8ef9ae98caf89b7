import { expect, it } from 'vitest'
import { configMap } from '../../test/support/kube-contract.ts'
import type { KubeObject } from './object.ts'
import { dropFields, keepFieldsOf } from './transform.ts'

function managed(name: string): KubeObject {
  const object = configMap('default', name)
  const fieldsV1 = { 'f:data': { 'f:a': {} } }
  const managedFields = ['ours', 'kubelet'].map((manager) => ({ manager, operation: 'Apply' as const, fieldsV1 }))
  return { ...object, metadata: { ...object.metadata, managedFields } }
}

it('transform: fields of other managers are dropped, equal trees of ours are one object', () => {
  const transform = keepFieldsOf((manager) => manager === 'ours')
  const [a, b] = [transform(managed('a')), transform(managed('b'))]
  expect(a.metadata.managedFields?.map(({ manager }) => manager)).toEqual(['ours'])
  expect(a.metadata.managedFields?.[0]?.fieldsV1).toBe(b.metadata.managedFields?.[0]?.fieldsV1)
  expect(dropFields(managed('c'))).toEqual(configMap('default', 'c'))
})
