/**
 * The objects that install the operator, in the order in which to apply them. Pure; `npm run generate` writes them to `install/`.
 *
 * Does not: hold the CRDs, which are cluster-wide, outlive the operator and are applied first (`crds/generated/`).
 */
import type { KubeObject } from '../kube/object.ts'
import { clusterRights, ownRights, ruleOf } from './rights.ts'

export const name = 'anabranch-operator'

/** NetworkPolicies of clusters let pods in that have these. */
export const labels = {
  'app.kubernetes.io/name': 'anabranch',
  'app.kubernetes.io/component': 'operator',
} as const

export interface InstallOptions {
  readonly namespace: string
  /** Of the operator, and of clusters that name none. */
  readonly image: string
}

/** What an operator is allowed, for a service account that is there or comes. */
export function roles({ namespace }: Pick<InstallOptions, 'namespace'>): KubeObject[] {
  const subjects = [{ kind: 'ServiceAccount', name, namespace }]
  const ref = (kind: string) => ({ apiGroup: 'rbac.authorization.k8s.io', kind, name })
  const made = (kind: string, more: object, within?: string): KubeObject => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind,
    metadata: { name, ...(within !== undefined && { namespace: within }), labels },
    ...more,
  })
  return [
    made('ClusterRole', { rules: clusterRights.map(ruleOf) }),
    made('ClusterRoleBinding', { roleRef: ref('ClusterRole'), subjects }),
    made('Role', { rules: ownRights.map(ruleOf) }, namespace),
    made('RoleBinding', { roleRef: ref('Role'), subjects }, namespace),
  ]
}

/** The namespace passes the `restricted` standard of Pod Security, which the operator's pod keeps. */
export function namespaceAndAccount({ namespace }: Pick<InstallOptions, 'namespace'>): KubeObject[] {
  return [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace, labels: { ...labels, 'pod-security.kubernetes.io/enforce': 'restricted' } },
    },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace, labels } },
  ]
}
