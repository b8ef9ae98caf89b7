/** A Lease as leader election uses it: who holds it, since when, how often it changed hands. Pure. */
import type { KubeObject, ObjectKey } from '../object.ts'
import { microTime } from '../time.ts'

export type Lease = KubeObject & {
  readonly spec: {
    /** Empty or absent: released. */
    readonly holderIdentity?: string
    readonly leaseDurationSeconds?: number
    readonly acquireTime?: string
    readonly renewTime?: string
    /** The term of the holder: rises with each change of hands, never falls. */
    readonly leaseTransitions?: number
  }
}

export interface Taking {
  readonly identity: string
  readonly leaseMs: number
  readonly now: number
  readonly term: number
}

/** `before` undefined: to be created. */
export function takenLease(key: ObjectKey, before: Lease | undefined, { identity, leaseMs, now, term }: Taking): Lease {
  const time = microTime(now)
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { ...key, ...(before && { resourceVersion: before.metadata.resourceVersion }) },
    spec: {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(leaseMs / 1000),
      acquireTime: time,
      renewTime: time,
      leaseTransitions: term,
    },
  }
}

export function renewedLease(before: Lease, now: number): Lease {
  return { ...before, spec: { ...before.spec, renewTime: microTime(now) } }
}

/** Free at once for whoever comes next; the term stays, so the next one is higher. */
export function releasedLease(before: Lease, now: number): Lease {
  return { ...before, spec: { ...before.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: microTime(now) } }
}
