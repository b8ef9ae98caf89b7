import { expect, it } from 'vitest'
import { UnavailableError } from '../../common/errors/errors.ts'
import { resources } from '../kube/resource.ts'
import { StatusError } from '../kube/status-error.ts'
import { ForeignObject } from './act.ts'
import { complaintOf, conclude } from './conclude.ts'

const claim = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'shop-store', namespace: 'prod' } }
const action = { do: 'apply', resource: resources.persistentVolumeClaims, object: claim } as const
const refused = (status: number, reason: string, message: string) =>
  new StatusError({ status, reason, message, request: 'PATCH persistentvolumeclaims prod/shop-store' })

const quota =
  'persistentvolumeclaims "shop-store" is forbidden: exceeded quota: full, requested: 1, used: 4, limited: 4'
const resize =
  'persistentvolumeclaims "shop-store" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize'
const rights =
  'persistentvolumeclaims "shop-store" is forbidden: User "system:serviceaccount:a:b" cannot patch resource "persistentvolumeclaims" in API group "" in the namespace "prod"'

it.each([
  ['a quota that is full', refused(403, 'Forbidden', quota), 'QuotaExceeded', 'raise the quota'],
  ['a class that does not grow', refused(403, 'Forbidden', resize), 'VolumeCannotGrow', 'allowVolumeExpansion'],
  ['a right that is missing', refused(403, 'Forbidden', rights), 'Forbidden', 'give the operator the right'],
  ['an object that is refused', refused(422, 'Invalid', 'spec.x: wrong'), 'Forbidden', 'refuses it'],
  [
    'an object of somebody else',
    new ForeignObject('Service x was made by somebody else'),
    'Forbidden',
    'somebody else',
  ],
])('conclude: %s -> a complaint that names object and remedy', (_what, error, reason, remedy) => {
  const complaint = complaintOf({ action, error })
  expect(complaint).toMatchObject({ reason, message: expect.stringContaining(remedy) })
  if (error instanceof StatusError) expect(complaint?.message).toContain('PersistentVolumeClaim shop-store')
})

it('conclude: what waiting heals (a conflict, a server that is away, a pod that is silent) -> no complaint', () => {
  const errors = [
    refused(409, 'Conflict', 'changed'),
    refused(503, 'ServiceUnavailable', 'later'),
    new UnavailableError('REPLICA_NOT_READY', 'silent'),
  ]
  for (const error of errors) expect(complaintOf({ action, error })).toBeUndefined()
})

it('conclude: a complaint -> Stalled in place of the plan, the phase of a cluster too; times of the rest stay', () => {
  const time = '2026-01-01T00:00:00Z'
  const condition = (type: string, status: 'True' | 'False') => ({
    ...{ type, status, reason: 'X', message: '', observedGeneration: 2, lastTransitionTime: time },
  })
  const status = {
    observedGeneration: 2,
    phase: 'Ready',
    conditions: [condition('Ready', 'True'), condition('Stalled', 'False')],
  }
  const former = status.conditions
  const failures = [{ action, error: refused(403, 'Forbidden', quota) }]
  const of = { resource: resources.eventClusters, former, nowMs: Date.parse('2026-01-02T00:00:00Z') }
  const concluded = conclude(status, failures, of)
  expect(concluded.phase).toBe('Stalled')
  expect(concluded.conditions).toEqual([
    condition('Ready', 'True'),
    {
      ...condition('Stalled', 'True'),
      reason: 'QuotaExceeded',
      message: expect.stringContaining('full'),
      lastTransitionTime: '2026-01-02T00:00:00Z',
    },
  ])
  expect(conclude(status, [], of)).toBe(status)
  for (const phase of ['Creating', 'CatchingUp', 'Serving', 'Draining', 'Retired']) {
    const shard = conclude({ ...status, phase }, failures, { ...of, resource: resources.shards })
    expect(shard).toEqual({ ...concluded, phase })
  }
  const project = { observedGeneration: 2, conditions: former }
  expect(conclude(project, failures, { ...of, resource: resources.projects })).not.toHaveProperty('phase')
})
