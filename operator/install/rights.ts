/**
 * What the operator may do, right by right with its reason, and the roles that say so to the API server. Nothing more: no
 * `deletecollection`, no `escalate`, no `bind`, no `*`, no right on nodes or volumes, leases in its own namespace alone.
 *
 * `install.server.test.ts` runs with these rights and no others.
 */

export interface Right {
  /** Empty: the core group. */
  readonly group: string
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
  /** Why, for whoever reviews an installation. */
  readonly why: string
}

const read = ['get', 'list', 'watch'] as const
const change = ['patch', 'update'] as const
const all = [...read, 'create', ...change, 'delete'] as const

const kinds = ['eventclusters', 'shards', 'projects', 'compactionpolicies'] as const

/** In every namespace where there may be an EventCluster. */
export const clusterRights: readonly Right[] = [
  {
    group: 'anabranch.dev',
    resources: ['eventclusters', 'projects', 'compactionpolicies'],
    verbs: [...read, ...change],
    why: 'reads what people want, and keeps its finalizer on it; never creates or deletes it',
  },
  { group: 'anabranch.dev', resources: ['shards'], verbs: all, why: 'Shards are its own' },
  {
    group: 'anabranch.dev',
    resources: kinds.map((kind) => `${kind}/status`),
    verbs: ['get', ...change],
    why: 'says how far it is',
  },
  {
    group: 'anabranch.dev',
    resources: kinds.map((kind) => `${kind}/finalizers`),
    verbs: ['update'],
    why: 'what it makes belongs to them: an owner reference that blocks deletion needs this where OwnerReferencesPermissionEnforcement is on',
  },
  {
    group: '',
    resources: ['pods', 'persistentvolumeclaims', 'services', 'configmaps', 'serviceaccounts'],
    verbs: all,
    why: 'replicas, their volumes, addresses, the map of shards',
  },
  {
    group: '',
    resources: ['secrets'],
    verbs: all,
    why: 'reads tokens that Projects name, makes those they do not, and gives pods the table of them',
  },
  {
    group: 'apps',
    resources: ['deployments', 'controllerrevisions'],
    verbs: all,
    why: 'ingest and query; settings of pods, version by version',
  },
  {
    group: 'policy',
    resources: ['poddisruptionbudgets'],
    verbs: all,
    why: 'a drain never takes two replicas of a shard',
  },
  {
    group: 'networking.k8s.io',
    resources: ['networkpolicies'],
    verbs: all,
    why: 'pods are let talk to whom they must',
  },
  { group: '', resources: ['namespaces'], verbs: read, why: 'knows when a namespace goes, and lets go' },
  { group: 'events.k8s.io', resources: ['events'], verbs: ['create', 'patch'], why: 'tells what it does' },
]

/** In the operator's own namespace. */
export const ownRights: readonly Right[] = [
  {
    group: 'coordination.k8s.io',
    resources: ['leases'],
    verbs: ['get', 'watch', 'create', ...change],
    why: 'one leader at a time',
  },
]

/** A right as a rule of RBAC. */
export function ruleOf({ group, resources, verbs }: Right) {
  return { apiGroups: [group], resources: [...resources], verbs: [...verbs] }
}
