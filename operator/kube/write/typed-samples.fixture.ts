/**
 * Objects of built-in kinds as they were applied, and as Kubernetes 1.36 stored them: with defaults, quantities in its own form and empty values left
 * out. `typed-samples.server.test.ts` applies the same to a real server and looks whether it is still so.
 */
import type { FieldsV1, KubeObject } from '../object.ts'
import { type Resource, resources } from '../resource.ts'

export interface TypedSample {
  readonly name: string
  readonly resource: Resource
  readonly applied: KubeObject
  readonly stored: KubeObject
  readonly owned: FieldsV1
}

const container = {
  name: 'main',
  image: 'anabranch:dev',
  env: [{ name: 'EMPTY', value: '' }],
  ports: [{ containerPort: 8080 }],
  resources: { requests: { cpu: '1000m', memory: '512Mi' }, limits: { cpu: 2 } },
}

export const typedSamples: readonly TypedSample[] = [
  {
    name: 'a pod with defaults, quantities, an empty value and a port without protocol',
    resource: resources.pods,
    applied: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'sample', labels: { 'app.kubernetes.io/name': 'anabranch' } },
      spec: { containers: [container], volumes: [{ name: 'scratch', emptyDir: {} }] },
    },
    stored: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'sample', labels: { 'app.kubernetes.io/name': 'anabranch' } },
      spec: {
        containers: [
          {
            ...container,
            env: [{ name: 'EMPTY' }],
            ports: [{ containerPort: 8080, protocol: 'TCP' }],
            resources: { requests: { cpu: '1', memory: '512Mi' }, limits: { cpu: '2' } },
            terminationMessagePath: '/dev/termination-log',
          },
        ],
        restartPolicy: 'Always',
        volumes: [
          { name: 'kube-api-access-x', projected: {} },
          { name: 'scratch', emptyDir: {} },
        ],
      },
    },
    owned: {
      'f:metadata': { 'f:labels': { 'f:app.kubernetes.io/name': {} } },
      'f:spec': {
        'f:containers': {
          'k:{"name":"main"}': {
            '.': {},
            'f:env': { 'k:{"name":"EMPTY"}': { '.': {}, 'f:name': {}, 'f:value': {} } },
            'f:image': {},
            'f:name': {},
            'f:ports': { 'k:{"containerPort":8080,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} } },
            'f:resources': { 'f:limits': { 'f:cpu': {} }, 'f:requests': { 'f:cpu': {}, 'f:memory': {} } },
          },
        },
        'f:volumes': { 'k:{"name":"scratch"}': { '.': {}, 'f:emptyDir': {}, 'f:name': {} } },
      },
    },
  },
]
