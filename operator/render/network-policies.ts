/**
 * Who may speak to which pod: users to the HTTP ports of ingest and query, pods of the cluster to each other's
 * gRPC as far as they need it, operators to the gRPC of all, anybody who scrapes to the probe port.
 *
 * Does not: limit what pods may reach; where the object store is, is not known here.
 */
import type { KubeObject } from '../kube/object.ts'
import { labelNames, ownedMeta, ports, type Role, selectorOf } from './names.ts'
import type { ClusterView } from './view.ts'

/** Pods of an operator, in whichever namespace it runs. */
const operators = {
  namespaceSelector: {},
  podSelector: { matchLabels: { 'app.kubernetes.io/name': 'anabranch', 'app.kubernetes.io/component': 'operator' } },
}

/** Who speaks to a role's gRPC, beside operators. */
const callersOf: Readonly<Record<Role, readonly Role[]>> = {
  log: ['ingest', 'replica'],
  replica: ['query', 'replica'],
  ingest: [],
  query: [],
}

/** None when the user keeps policies of their own. */
export function networkPolicies(view: ClusterView): KubeObject[] {
  if (view.spec.networkPolicy === 'None') return []
  return (Object.keys(callersOf) as Role[]).map((role) => policy(view, role))
}

export function networkPolicyName(cluster: string, role: Role): string {
  return `${cluster}-${role}`
}

function policy(view: ClusterView, role: Role): KubeObject {
  const callers = callersOf[role].map((caller) => ({ podSelector: { matchLabels: selectorOf(view.name, caller) } }))
  const servesUsers = role === 'ingest' || role === 'query'
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: ownedMeta(view, networkPolicyName(view.name, role), { role }),
    spec: {
      podSelector: { matchLabels: { [labelNames.cluster]: view.name, [labelNames.role]: role } },
      policyTypes: ['Ingress'],
      ingress: [
        { from: [...callers, operators], ports: [tcp(ports.grpc)] },
        ...(servesUsers ? [{ ports: [tcp(ports.http)] }] : []),
        { ports: [tcp(ports.probes)] },
      ],
    },
  }
}

function tcp(port: number) {
  return { protocol: 'TCP', port }
}
