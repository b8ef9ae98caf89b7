/**
 * The operator's own Deployment: two pods, one leads, the other takes over. Pure.
 *
 * It keeps the `restricted` standard of Pod Security and needs no volume: what it knows is in the API server.
 */
import type { KubeObject } from '../kube/object.ts'
import { type InstallOptions, labels, name } from './manifests.ts'

const probePort = 8081
/** uid and gid, as of every pod of a cluster. */
const nobody = 65_532

export function deployment({ namespace, image }: InstallOptions): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels },
    spec: {
      replicas: 2,
      revisionHistoryLimit: 2,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: name,
          enableServiceLinks: false,
          // It releases its lease and goes: what it does not finish the next one does.
          terminationGracePeriodSeconds: 15,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: nobody,
            runAsGroup: nobody,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          topologySpreadConstraints: [
            {
              maxSkew: 1,
              topologyKey: 'kubernetes.io/hostname',
              whenUnsatisfiable: 'ScheduleAnyway',
              labelSelector: { matchLabels: labels },
            },
          ],
          containers: [container(image)],
        },
      },
    },
  }
}

function container(image: string) {
  const told = (variable: string, fieldPath: string) => ({ name: variable, valueFrom: { fieldRef: { fieldPath } } })
  return {
    name: 'operator',
    image,
    command: ['anabranch-operator'],
    env: [
      told('ANABRANCH_HOST', 'status.podIP'),
      told('ANABRANCH_LEASE_NAMESPACE', 'metadata.namespace'),
      // For clusters that name none.
      { name: 'ANABRANCH_IMAGE', value: image },
      { name: 'ANABRANCH_PROBE_PORT', value: String(probePort) },
    ],
    ports: [{ name: 'probes', containerPort: probePort, protocol: 'TCP' }],
    resources: { requests: { cpu: '100m', memory: '256Mi' }, limits: { memory: '512Mi' } },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    startupProbe: { httpGet: { path: '/healthz', port: 'probes' }, periodSeconds: 1, failureThreshold: 60 },
    livenessProbe: { httpGet: { path: '/healthz', port: 'probes' }, periodSeconds: 10, timeoutSeconds: 5 },
    readinessProbe: { httpGet: { path: '/readyz', port: 'probes' }, periodSeconds: 2, timeoutSeconds: 2 },
  }
}
