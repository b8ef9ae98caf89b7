/**
 * Names and labels of everything that the operator makes for a cluster, in one place: who finds an object by name
 * or by label finds the one that was made.
 */
import { apiVersion } from '../../crds/kind.ts'
import { controlledBy } from '../kube/owner.ts'

export type Role = 'log' | 'replica' | 'ingest' | 'query'

export const labelNames = {
  cluster: 'anabranch.dev/cluster',
  role: 'anabranch.dev/role',
  shard: 'anabranch.dev/shard',
  replica: 'anabranch.dev/replica',
  revision: 'anabranch.dev/revision',
  project: 'anabranch.dev/project',
  /** The data's identity, on what outlives its EventCluster. */
  data: 'anabranch.dev/data',
} as const

export const annotationNames = {
  restartedAt: 'anabranch.dev/restarted-at',
  hold: 'anabranch.dev/hold',
  /** On the routing map: uids of the claims that hold log and store, so that an empty one in their place is noticed. */
  logClaim: 'anabranch.dev/log-claim-uid',
  storeClaim: 'anabranch.dev/store-claim-uid',
  /** On what outlives its EventCluster: the uid of the one that has it. */
  owner: 'anabranch.dev/owner-uid',
} as const

/** Keeps an EventCluster or a Shard until what it has was taken down in order. */
export const finalizer = 'anabranch.dev/data'

export const ports = { http: 8080, grpc: 9090, probes: 9091 } as const

export const ingestName = (cluster: string) => `${cluster}-ingest`
export const queryName = (cluster: string) => `${cluster}-query`
export const logName = (cluster: string) => `${cluster}-log`
export const storeName = (cluster: string) => `${cluster}-store`
export const routingName = (cluster: string) => `${cluster}-routing`
export const accessName = (cluster: string) => `${cluster}-access`
/** A service account without rights: pods ask nothing of the API server. */
export const accountName = (cluster: string) => `${cluster}-pods`
export const shardName = (cluster: string, shard: number) => `${cluster}-${shard}`
/** Pod and claim of a replica. */
export const replicaName = (cluster: string, shard: number, replica: number) => `${cluster}-${shard}-${replica}`
export const tokenSecretName = (project: string, token: string) => `${project}-${token}`

export interface LabelledPart {
  readonly role?: Role
  readonly shard?: number
  readonly replica?: number
  readonly revision?: string
  readonly data?: string
}

/** On everything that the operator makes. */
export const managedBy = { 'app.kubernetes.io/managed-by': 'anabranch-operator' } as const

/** Labels of a child of a cluster. */
export function labelsOf(cluster: string, { role, shard, replica, revision, data }: LabelledPart = {}) {
  return {
    'app.kubernetes.io/name': 'anabranch',
    'app.kubernetes.io/instance': cluster,
    ...managedBy,
    ...(role !== undefined && { 'app.kubernetes.io/component': role, [labelNames.role]: role }),
    [labelNames.cluster]: cluster,
    ...(shard !== undefined && { [labelNames.shard]: String(shard) }),
    ...(replica !== undefined && { [labelNames.replica]: String(replica) }),
    ...(revision !== undefined && { [labelNames.revision]: revision }),
    ...(data !== undefined && { [labelNames.data]: data }),
  }
}

/** The labels by which pods of a role, or of one shard, are found: those that never change. */
export function selectorOf(cluster: string, role: Role, shard?: number): Readonly<Record<string, string>> {
  return {
    [labelNames.cluster]: cluster,
    [labelNames.role]: role,
    ...(shard !== undefined && { [labelNames.shard]: String(shard) }),
  }
}

export function ownerOf({ kind, ...metadata }: { kind: 'EventCluster' | 'Shard'; name: string; uid: string }) {
  return controlledBy({ apiVersion, kind, metadata })
}

/** Metadata of a child that goes with its cluster. */
export function ownedMeta(cluster: { namespace: string; name: string; uid: string }, name: string, part: LabelledPart) {
  return {
    name,
    namespace: cluster.namespace,
    labels: labelsOf(cluster.name, part),
    ownerReferences: [ownerOf({ kind: 'EventCluster', name: cluster.name, uid: cluster.uid })],
  }
}
