import { expect, test } from 'vitest'
import type { Pod, Service } from '../objects.ts'
import { Addresses } from './addresses.ts'
import { hostLines, podsBehind, targetsOf } from './endpoints.ts'

function podOf(name: string, ready: boolean, rest: { metadata?: object; spec?: object } = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'n', labels: { app: 's' }, ...rest.metadata },
    spec: { containers: [{ name: 'c', image: 'i', ports: [{ name: 'web', containerPort: 8080 }] }], ...rest.spec },
    status: { podIP: `127.2.1.${name}`, conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  }
}

const serviceOf = (spec: Service['spec']): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 's', namespace: 'n' },
  spec: { selector: { app: 's' }, ...spec },
})

test('endpoints: behind a Service -> pods that are Ready and not being deleted, of its namespace', () => {
  const pods = [
    podOf('1', true),
    podOf('2', false),
    podOf('3', true, { metadata: { deletionTimestamp: 'x' } }),
    podOf('4', true, { metadata: { namespace: 'other' } }),
    podOf('5', true, { metadata: { labels: {} } }),
  ]
  const names = (service: Service) => podsBehind(service, pods).map(({ metadata }) => metadata.name)
  expect(names(serviceOf({}))).toEqual(['1'])
  expect(names(serviceOf({ publishNotReadyAddresses: true }))).toEqual(['1', '2', '3'])
  expect(names(serviceOf({ selector: {} }))).toEqual([])
})

test('endpoints: a named target port -> is that of each pod; one without it is left out', () => {
  const bare = podOf('2', true, { spec: { containers: [{ name: 'c', image: 'i' }] } })
  expect(targetsOf({ port: 80, targetPort: 'web' }, [podOf('1', true), bare])).toEqual([
    { address: '127.2.1.1', port: 8080 },
  ])
  expect(targetsOf({ port: 80 }, [bare])).toEqual([{ address: '127.2.1.2', port: 80 }])
})

test('names: a Service has one line, a headless one a line for each pod and each host of it', () => {
  const pods = [podOf('1', true, { spec: { hostname: 'h', subdomain: 's' } }), podOf('2', true)]
  expect(hostLines([{ service: serviceOf({}), address: '127.2.200.1' }], pods)).toEqual([
    '127.2.200.1 s.n.svc.cluster.local',
  ])
  expect(hostLines([{ service: serviceOf({ clusterIP: 'None' }), address: '' }], pods)).toEqual([
    '127.2.1.1 s.n.svc.cluster.local',
    '127.2.1.1 h.s.n.svc.cluster.local',
    '127.2.1.2 s.n.svc.cluster.local',
  ])
})

test('addresses: pods in turn and never a taken one; a Service keeps its own', () => {
  const addresses = new Addresses(7)
  expect([addresses.pod(new Set()), addresses.pod(new Set(['127.7.1.2']))]).toEqual(['127.7.1.1', '127.7.1.3'])
  const first = addresses.service({}, 'n/a')
  const both = addresses.service(first, 'n/b')
  expect(both).toEqual({ 'n/a': '127.7.200.1', 'n/b': '127.7.200.2' })
  expect(addresses.service(both, 'n/a')).toBe(both)
  expect(new Addresses(8).service(both, 'n/a')['n/a']).toBe('127.8.200.1')
  const all = new Set(Array.from({ length: 254 }, (_, index) => `127.7.1.${index + 1}`))
  expect(new Addresses(7).pod(all)).toBe('127.7.2.1')
})
