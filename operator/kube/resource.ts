/**
 * Descriptions of resources: all that a client needs to know of a kind to speak of it to an API server, without discovery.
 *
 * The kinds of Anabranch describe themselves in the same form. Does not: list every kind of Kubernetes, only those in use here.
 */

export interface Resource {
  /** Empty for the core group. */
  readonly group: string
  readonly version: string
  readonly plural: string
  readonly kind: string
  readonly namespaced: boolean
}

/** `v1` or `group/version`, as objects carry it. */
export function apiVersionOf({ group, version }: Resource): string {
  return group === '' ? version : `${group}/${version}`
}

/** `pods`, `shards.anabranch.dev`: a name for maps, metrics and messages. */
export function resourceName({ group, plural }: Resource): string {
  return group === '' ? plural : `${plural}.${group}`
}

function core(plural: string, kind: string, namespaced = true): Resource {
  return { group: '', version: 'v1', plural, kind, namespaced }
}

function v1(group: string, plural: string, kind: string, namespaced = true): Resource {
  return { group, version: 'v1', plural, kind, namespaced }
}

function own(plural: string, kind: string): Resource {
  return { group: 'anabranch.dev', version: 'v1alpha1', plural, kind, namespaced: true }
}

export const resources = {
  configMaps: core('configmaps', 'ConfigMap'),
  endpoints: core('endpoints', 'Endpoints'),
  namespaces: core('namespaces', 'Namespace', false),
  nodes: core('nodes', 'Node', false),
  persistentVolumeClaims: core('persistentvolumeclaims', 'PersistentVolumeClaim'),
  persistentVolumes: core('persistentvolumes', 'PersistentVolume', false),
  pods: core('pods', 'Pod'),
  resourceQuotas: core('resourcequotas', 'ResourceQuota'),
  secrets: core('secrets', 'Secret'),
  serviceAccounts: core('serviceaccounts', 'ServiceAccount'),
  services: core('services', 'Service'),
  controllerRevisions: v1('apps', 'controllerrevisions', 'ControllerRevision'),
  deployments: v1('apps', 'deployments', 'Deployment'),
  replicaSets: v1('apps', 'replicasets', 'ReplicaSet'),
  leases: v1('coordination.k8s.io', 'leases', 'Lease'),
  endpointSlices: v1('discovery.k8s.io', 'endpointslices', 'EndpointSlice'),
  events: v1('events.k8s.io', 'events', 'Event'),
  networkPolicies: v1('networking.k8s.io', 'networkpolicies', 'NetworkPolicy'),
  podDisruptionBudgets: v1('policy', 'poddisruptionbudgets', 'PodDisruptionBudget'),
  roles: v1('rbac.authorization.k8s.io', 'roles', 'Role'),
  roleBindings: v1('rbac.authorization.k8s.io', 'rolebindings', 'RoleBinding'),
  clusterRoles: v1('rbac.authorization.k8s.io', 'clusterroles', 'ClusterRole', false),
  clusterRoleBindings: v1('rbac.authorization.k8s.io', 'clusterrolebindings', 'ClusterRoleBinding', false),
  storageClasses: v1('storage.k8s.io', 'storageclasses', 'StorageClass', false),
  customResourceDefinitions: v1('apiextensions.k8s.io', 'customresourcedefinitions', 'CustomResourceDefinition', false),
  eventClusters: own('eventclusters', 'EventCluster'),
  shards: own('shards', 'Shard'),
  projects: own('projects', 'Project'),
  compactionPolicies: own('compactionpolicies', 'CompactionPolicy'),
} as const satisfies Record<string, Resource>
