/** A pod as an operator makes and a cluster fills it: about 5 KB as JSON, half of it `managedFields`. */
import type { KubeObject } from '../../operator/kube/object.ts'

export const sampleManager = 'anabranch-bench'

export function samplePod(namespace: string, index: number): KubeObject {
  const shard = Math.floor(index / 3)
  const labels = {
    'app.kubernetes.io/name': 'anabranch',
    'app.kubernetes.io/component': 'replica',
    'app.kubernetes.io/managed-by': 'anabranch-operator',
    'anabranch.dev/cluster': `cluster-${Math.floor(shard / 4)}`,
    'anabranch.dev/shard': String(shard),
    'anabranch.dev/replica': String(index % 3),
  }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `pod-${String(index).padStart(6, '0')}`, namespace, labels },
    spec: {
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'replica',
          image: 'example.com/anabranch:0.4.0',
          args: ['replica', '--shard', String(shard), '--log', 'log:9090', '--store', '/store', '--cache', '/cache'],
          env: [
            { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
            { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
          ],
          ports: [
            { name: 'http', containerPort: 8080 },
            { name: 'grpc', containerPort: 9090 },
          ],
          resources: { requests: { cpu: '250m', memory: '512Mi' }, limits: { memory: '1Gi' } },
          readinessProbe: { httpGet: { path: '/readyz', port: 'http' }, periodSeconds: 2 },
          livenessProbe: { httpGet: { path: '/healthz', port: 'http' }, periodSeconds: 10 },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
          volumeMounts: [
            { name: 'cache', mountPath: '/cache' },
            { name: 'routing', mountPath: '/etc/anabranch/routing', readOnly: true },
          ],
        },
      ],
      volumes: [
        { name: 'cache', emptyDir: {} },
        { name: 'routing', configMap: { name: 'routing' } },
      ],
    },
  }
}
