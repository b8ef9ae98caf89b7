import { describe, expect, test } from 'vitest'
import type { Node, Pod, PodSpec } from '../objects.ts'
import { type ScheduleInput, schedule } from './fit.ts'

function nodeOf(name: string, labels: Record<string, string> = {}, spec: Node['spec'] = {}): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } },
    spec,
    status: { allocatable: { cpu: '2', memory: '4Gi', pods: '3' }, conditions: [{ type: 'Ready', status: 'True' }] },
  }
}

function podOf(name: string, spec: Partial<PodSpec> = {}, labels: Record<string, string> = {}): Pod {
  const metadata = { name, namespace: 'n', uid: name, labels }
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [{ name: 'c', image: 'i' }], ...spec } }
}

const requesting = (cpu: string): Partial<PodSpec> => ({
  containers: [{ name: 'c', image: 'i', resources: { requests: { cpu } } }],
})
const on = (nodeName: string, pod: Pod): Pod => ({ ...pod, spec: { ...pod.spec, nodeName } })
const ask = (pod: Pod, rest: Partial<ScheduleInput>) =>
  schedule({ pod, nodes: [nodeOf('a'), nodeOf('b')], pods: [], claimProblem: undefined, pinnedTo: new Set(), ...rest })

describe('where a pod can run', () => {
  test('schedule: room -> counts requests of pods that are alive, and no more pods than the node takes', () => {
    const pods = [on('a', podOf('1', requesting('1500m'))), on('b', podOf('2', requesting('1')))]
    expect(ask(podOf('p', requesting('1')), { pods })).toEqual({ node: 'b' })
    expect(ask(podOf('p', requesting('1100m')), { pods })).toEqual({
      message: '0/2 nodes are available: 2 Insufficient cpu.',
    })
    const done = pods.map((pod) => ({ ...pod, status: { phase: 'Succeeded' as const } }))
    expect(ask(podOf('p', requesting('2')), { pods: done })).toEqual({ node: 'a' })
    const full = ['a', 'b'].flatMap((node) => [1, 2, 3].map((index) => on(node, podOf(`${node}${index}`))))
    expect(ask(podOf('p'), { pods: full })).toEqual({ message: '0/2 nodes are available: 2 Too many pods.' })
  })

  test('schedule: taints and cordons -> repel what does not tolerate them', () => {
    const taint = { key: 'gpu', value: 'yes', effect: 'NoSchedule' as const }
    const nodes = [nodeOf('a', {}, { taints: [taint] }), nodeOf('b', {}, { unschedulable: true })]
    expect(ask(podOf('p'), { nodes })).toEqual({
      message: '0/2 nodes are available: 1 node(s) had untolerated taint(s) {gpu: yes}, 1 node(s) were unschedulable.',
    })
    for (const toleration of [
      { key: 'gpu', value: 'yes' },
      { key: 'gpu', operator: 'Exists' as const },
      { operator: 'Exists' as const },
    ])
      expect(ask(podOf('p', { tolerations: [toleration] }), { nodes: nodes.slice(0, 1) })).toEqual({ node: 'a' })
    for (const toleration of [
      { key: 'gpu', value: 'no' },
      { key: 'gpu', value: 'yes', effect: 'NoExecute' },
    ])
      expect(ask(podOf('p', { tolerations: [toleration] }), { nodes: nodes.slice(0, 1) })).toHaveProperty('message')
  })

  test('schedule: selectors and affinity -> all labels, any term', () => {
    const nodes = [nodeOf('a', { zone: 'x' }), nodeOf('b', { zone: 'y' })]
    expect(ask(podOf('p', { nodeSelector: { zone: 'y' } }), { nodes })).toEqual({ node: 'b' })
    const terms = [{ matchExpressions: [{ key: 'zone', operator: 'In' as const, values: ['y', 'z'] }] }]
    const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } } }
    expect(ask(podOf('p', { affinity }), { nodes })).toEqual({ node: 'b' })
  })

  test('schedule: spread -> DoNotSchedule keeps the skew, ScheduleAnyway prefers the emptier', () => {
    const labelSelector = { matchLabels: { app: 's' } }
    const rule = { maxSkew: 1, topologyKey: 'kubernetes.io/hostname', labelSelector }
    const strict = { topologySpreadConstraints: [{ ...rule, whenUnsatisfiable: 'DoNotSchedule' as const }] }
    const loose = { topologySpreadConstraints: [{ ...rule, whenUnsatisfiable: 'ScheduleAnyway' as const }] }
    const pods = [on('a', podOf('1', {}, { app: 's' })), on('b', podOf('2')), on('b', podOf('3'))]
    expect(ask(podOf('p', loose, { app: 's' }), { pods })).toEqual({ node: 'b' })
    const nodes = [nodeOf('a'), nodeOf('b', {}, { unschedulable: true })]
    expect(ask(podOf('p', loose, { app: 's' }), { pods, nodes })).toEqual({ node: 'a' })
    expect(ask(podOf('p', strict, { app: 's' }), { pods, nodes })).toEqual({
      message:
        "0/2 nodes are available: 1 node(s) didn't match pod topology spread constraints, 1 node(s) were unschedulable.",
    })
  })

  test('schedule: anti-affinity by host -> never beside its like', () => {
    const term = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 's' } } }
    const affinity = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } }
    const pods = [on('a', podOf('1', {}, { app: 's' }))]
    expect(ask(podOf('p', { affinity }, { app: 's' }), { pods })).toEqual({ node: 'b' })
  })

  test('schedule: claims -> a problem is told as it is; one writer stays with its node', () => {
    expect(ask(podOf('p'), { claimProblem: 'x' })).toEqual({ message: '0/2 nodes are available: x.' })
    expect(ask(podOf('p'), { pinnedTo: new Set(['b']) })).toEqual({ node: 'b' })
  })
})
