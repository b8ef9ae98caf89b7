/**
 * What a status says in the end: the plan's words, and above them what failed when they were carried out. Pure.
 *
 * Only what waiting will not heal, and people can, is worth a condition: a right that is missing, a quota that is
 * full, a volume that cannot grow. All else is tried again.
 */
import { UserError } from '../../common/errors/errors.ts'
import type { Condition } from '../../crds/fields/condition.ts'
import { type Resource, resources } from '../kube/resource.ts'
import { StatusError } from '../kube/status-error.ts'
import { objectOf } from '../plan/action.ts'
import { conditionsFrom } from '../plan/conditions.ts'
import { type Failure, ForeignObject } from './act.ts'

interface AnyStatus {
  readonly observedGeneration?: number | undefined
  readonly phase?: string | undefined
  readonly conditions?: readonly Condition[] | undefined
}

export interface Complaint {
  readonly reason: 'Forbidden' | 'QuotaExceeded' | 'VolumeCannotGrow' | 'DataOwnedElsewhere'
  readonly message: string
}

interface Of {
  readonly resource: Resource
  readonly former: readonly Condition[] | undefined
  readonly nowMs: number
}

export function conclude<Status extends AnyStatus>(
  status: Status,
  failures: readonly Failure[],
  { resource, former, nowMs }: Of,
): Status {
  const complaint = failures.map(complaintOf).find((one) => one !== undefined)
  const conditions = status.conditions ?? []
  if (complaint === undefined || !conditions.some(({ type }) => type === 'Stalled')) return status
  const decisions = Object.fromEntries(
    conditions.map(({ type, status, reason, message }) => [type, { status, reason, message }] as const),
  )
  const stalled = { ...decisions, Stalled: { status: 'True', ...complaint } as const }
  // No other kind has that phase: the API server would refuse the whole status, and nobody would hear of the trouble.
  const hasPhase = resource === resources.eventClusters && status.phase !== 'Deleting'
  return {
    ...status,
    ...(hasPhase && { phase: 'Stalled' }),
    conditions: conditionsFrom(former, stalled, { generation: status.observedGeneration ?? 0, nowMs }),
  }
}

/** `undefined`: it may be better the next time. */
export function complaintOf({ action, error }: Failure): Complaint | undefined {
  const what = objectOf(action)
  if (error instanceof ForeignObject) return { reason: 'Forbidden', message: error.message }
  if (error instanceof UserError) return { reason: 'Forbidden', message: `${what}: ${error.message}` }
  if (!(error instanceof StatusError)) return undefined
  const isClaim = what.startsWith('PersistentVolumeClaim')
  if (
    isClaim &&
    (error.status === 403 || error.status === 422) &&
    /resize|expand|forbidden: spec is immutable/i.test(error.what)
  ) {
    const remedy = 'set allowVolumeExpansion on its storage class, if its provisioner can grow volumes'
    return { reason: 'VolumeCannotGrow', message: `${what}: ${error.what}; ${remedy}` }
  }
  const { status, what: says } = error
  if (status === 403 && /exceeded quota/.test(says)) {
    return { reason: 'QuotaExceeded', message: `${what}: ${says}; raise the quota, or ask for less` }
  }
  if (status === 403) {
    return { reason: 'Forbidden', message: `${what}: ${says}; give the operator the right, or change what is refused` }
  }
  if (status === 422) return { reason: 'Forbidden', message: `${what}: the API server refuses it: ${says}` }
  return undefined
}
