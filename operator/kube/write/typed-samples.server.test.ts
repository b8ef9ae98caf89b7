import { afterAll, beforeAll, expect, it } from 'vitest'
import { type ServerWorld, serverWorld } from '../../../test/support/kube-server.ts'
import { describeWith } from '../../../test/support/servers.ts'
import type { KubeObject } from '../object.ts'
import { type Resource, resources } from '../resource.ts'
import { firstDifference } from './difference.ts'
import { typedSamples } from './typed-samples.fixture.ts'

const manager = 'anabranch-test'

const more: readonly [Resource, KubeObject][] = [
  [
    resources.services,
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'sample' },
      spec: {
        selector: { a: 'b' },
        ports: [
          { name: 'http', port: 8080, targetPort: 8080 },
          { name: 'grpc', port: 9090, targetPort: 'grpc' },
        ],
      },
    },
  ],
  [
    resources.persistentVolumeClaims,
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'sample' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1024Mi' } } },
    },
  ],
  [
    resources.deployments,
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'sample' },
      spec: {
        replicas: 0,
        selector: { matchLabels: { a: 'b' } },
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
        template: {
          metadata: { labels: { a: 'b' } },
          spec: {
            containers: [
              {
                name: 'main',
                image: 'x',
                env: [{ name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }],
                args: ['--a', '1'],
                readinessProbe: { httpGet: { path: '/readyz', port: 'http' }, periodSeconds: 2 },
                securityContext: { capabilities: { drop: ['ALL'] }, readOnlyRootFilesystem: true },
              },
            ],
            topologySpreadConstraints: [
              {
                maxSkew: 1,
                topologyKey: 'kubernetes.io/hostname',
                whenUnsatisfiable: 'ScheduleAnyway',
                labelSelector: { matchLabels: { a: 'b' } },
              },
            ],
            tolerations: [],
          },
        },
      },
    },
  ],
  [
    resources.networkPolicies,
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'sample' },
      spec: {
        podSelector: { matchLabels: { a: 'b' } },
        policyTypes: ['Ingress'],
        ingress: [{ ports: [{ port: 8080 }] }],
      },
    },
  ],
  [
    resources.secrets,
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'sample' },
      type: 'Opaque',
      data: { token: 'eA==' },
      immutable: true,
    },
  ],
]

describeWith('KUBECONFIG', 'typed samples on a real API server', () => {
  let world: ServerWorld
  beforeAll(async () => {
    world = await serverWorld('samples')
  })
  afterAll(() => world?.stop())

  it.each([...typedSamples.map(({ resource, applied }) => [resource, applied] as const), ...more])(
    'apply: $kind applied once -> no difference, and sent again it changes nothing (OPR-2)',
    async (resource, applied) => {
      const { api, namespace } = world
      const desired = { ...applied, metadata: { ...applied.metadata, namespace } }
      const live = await api.apply(resource, desired, { fieldManager: manager, force: true })
      expect(firstDifference(live, desired, { manager })).toBeUndefined()
      const again = await api.apply(resource, desired, { fieldManager: manager, force: true })
      // Controllers write the status of some kinds in between, so versions may differ.
      const own = ({ spec, metadata }: KubeObject) => [
        spec,
        metadata.managedFields?.find((entry) => entry.manager === manager),
      ]
      expect(own(again)).toEqual(own(live))
    },
  )
})
