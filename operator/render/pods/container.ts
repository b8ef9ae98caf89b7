/**
 * What every pod of a cluster has in common: it may do nothing on its node, tells its state by probes, and is
 * told who and where it is by environment.
 *
 * The security context passes the `restricted` standard of Pod Security. Addresses are the pod's own, not
 * every address of its host. Options of Node and of its allocator are part of the image.
 */
import type { PodExtras } from '../../kube/kinds.ts'
import { accountName, ports, type Role } from '../names.ts'
import { routingKey, settingsKey } from '../routing.ts'
import type { ClusterView } from '../view.ts'

export const routingPath = `/etc/anabranch/routing/${routingKey}`
const settingsPath = `/etc/anabranch/routing/${settingsKey}`

/** uid and gid of everything that runs. */
const nobody = 65_532
/** The data plane drains for 25 s at most. */
const graceSeconds = 40

export interface PodOptions {
  readonly role: Role
  readonly image: string
  readonly args: readonly string[]
  readonly resources: object
  readonly mounts: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: true }[]
  readonly volumes: readonly object[]
  readonly topologySpread: object
  /** What the user adds to pods of the role. */
  readonly pod: PodExtras | undefined
}

/** `spec` of a pod. */
export function podSpec(view: ClusterView, options: PodOptions): Record<string, unknown> {
  const { nodeSelector, tolerations = [], priorityClassName } = options.pod ?? {}
  const { imagePullSecrets = [] } = view.spec
  return {
    serviceAccountName: accountName(view.name),
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: graceSeconds,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: nobody,
      runAsGroup: nobody,
      fsGroup: nobody,
      fsGroupChangePolicy: 'OnRootMismatch',
      seccompProfile: { type: 'RuntimeDefault' },
    },
    ...(imagePullSecrets.length > 0 && { imagePullSecrets }),
    ...(nodeSelector && { nodeSelector }),
    ...(tolerations.length > 0 && { tolerations }),
    ...(priorityClassName !== undefined && { priorityClassName }),
    topologySpreadConstraints: [options.topologySpread],
    containers: [container(options)],
    volumes: [
      { name: 'routing', configMap: { name: `${view.name}-routing` } },
      { name: 'tmp', emptyDir: {} },
      ...options.volumes,
    ],
  }
}

function container({ role, image, args, resources, mounts }: PodOptions) {
  return {
    name: role,
    image,
    args: [role, ...args, '--settings', settingsPath],
    env: environment(),
    ports: containerPorts(role),
    resources,
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    startupProbe: { httpGet: { path: '/healthz', port: 'probes' }, periodSeconds: 1, failureThreshold: 120 },
    livenessProbe: { httpGet: { path: '/healthz', port: 'probes' }, periodSeconds: 10, timeoutSeconds: 5 },
    readinessProbe: { httpGet: { path: '/readyz', port: 'probes' }, periodSeconds: 2, timeoutSeconds: 2 },
    volumeMounts: [
      { name: 'routing', mountPath: '/etc/anabranch/routing', readOnly: true },
      { name: 'tmp', mountPath: '/tmp' },
      ...mounts,
    ],
  }
}

/** `apiVersion` is what the API server puts there: left out, every look would find a difference. */
function environment() {
  const told = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath } } })
  return [
    told('ANABRANCH_HOST', 'status.podIP'),
    told('ANABRANCH_INSTANCE', 'metadata.uid'),
    { name: 'ANABRANCH_GRPC_PORT', value: String(ports.grpc) },
    { name: 'ANABRANCH_PROBE_PORT', value: String(ports.probes) },
  ]
}

function containerPorts(role: Role) {
  const named =
    role === 'ingest' || role === 'query' ? (['http', 'grpc', 'probes'] as const) : (['grpc', 'probes'] as const)
  return named.map((name) => ({ name, containerPort: ports[name], protocol: 'TCP' }))
}
