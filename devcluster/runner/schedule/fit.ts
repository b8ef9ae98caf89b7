/**
 * Where a pod can run: pure, `(pod, nodes, pods) → node or the reasons why none`.
 *
 * An ordered list of named predicates, each with the scheduler's own words, so that `kubectl describe` and the operator read here what
 * they read on a real cluster. Of the nodes that fit, the one with the fewest pods of the same spread, then the fewest pods, is taken.
 * Does not: preempt, weigh preferences (`PreferNoSchedule`, preferred affinity, `ScheduleAnyway` beyond the tie), or bind.
 */
import type { Node, Pod, Taint, Toleration, TopologySpread } from '../objects.ts'
import { quantity } from '../quantity.ts'
import { hasAll, holds, matches } from './selector.ts'

export interface ScheduleInput {
  readonly pod: Pod
  readonly nodes: readonly Node[]
  /** All pods that are known, bound or not. */
  readonly pods: readonly Pod[]
  /** Why a claim of the pod keeps it from any node, in the scheduler's words. */
  readonly claimProblem: string | undefined
  /** Nodes that a claim with one writer is in use on: the pod must go there too. */
  readonly pinnedTo: ReadonlySet<string>
}

export type ScheduleResult = { readonly node: string } | { readonly message: string }

type Predicate = (node: Node, input: ScheduleInput) => string | undefined

const predicates: readonly Predicate[] = [
  (node) => (isReady(node) ? undefined : 'node(s) were not ready'),
  (node, { pod }) =>
    node.spec?.unschedulable && !toleratesUnschedulable(pod) ? 'node(s) were unschedulable' : undefined,
  (node, { pod }) => {
    const taint = (node.spec?.taints ?? []).find((one) => repels(one, pod.spec.tolerations ?? []))
    return taint && `node(s) had untolerated taint(s) {${taint.key}: ${taint.value ?? ''}}`
  },
  (node, { pod }) => (selects(pod, node) ? undefined : "node(s) didn't match Pod's node affinity/selector"),
  (node, { pinnedTo }) =>
    pinnedTo.size === 0 || pinnedTo.has(node.metadata.name) ? undefined : 'node(s) had volume node affinity conflict',
  (node, input) => {
    const short = insufficient(node, input)
    return short && `${short === 'pods' ? 'Too many' : 'Insufficient'} ${short}`
  },
  (node, input) => (repelledByPods(node, input) ? "node(s) didn't match pod anti-affinity rules" : undefined),
  (node, input) =>
    (input.pod.spec.topologySpreadConstraints ?? []).some((rule) => breaksSpread(rule, node, input))
      ? "node(s) didn't match pod topology spread constraints"
      : undefined,
]

export function schedule(input: ScheduleInput): ScheduleResult {
  const { nodes, claimProblem } = input
  if (nodes.length === 0) return { message: 'no nodes available to schedule pods' }
  const none = `0/${nodes.length} nodes are available`
  if (claimProblem !== undefined) return { message: `${none}: ${claimProblem}.` }
  const fitting: Node[] = []
  const reasons = new Map<string, number>()
  for (const node of nodes) {
    const reason = firstReason(node, input)
    if (reason === undefined) fitting.push(node)
    else reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
  }
  if (fitting.length > 0) return { node: best(fitting, input).metadata.name }
  const told = [...reasons].map(([reason, count]) => `${count} ${reason}`).sort()
  return { message: `${none}: ${told.join(', ')}.` }
}

function firstReason(node: Node, input: ScheduleInput): string | undefined {
  for (const predicate of predicates) {
    const reason = predicate(node, input)
    if (reason !== undefined) return reason
  }
  return undefined
}

function best(nodes: readonly Node[], input: ScheduleInput): Node {
  const order = nodes.map((node) => ({
    node,
    alike: (input.pod.spec.topologySpreadConstraints ?? []).reduce(
      (sum, rule) => sum + countIn(rule, domainOf(rule.topologyKey, node), input),
      0,
    ),
    pods: podsOn(node, input.pods).length,
  }))
  order.sort((a, b) => a.alike - b.alike || a.pods - b.pods || (a.node.metadata.name < b.node.metadata.name ? -1 : 1))
  return order[0]!.node
}

function isReady(node: Node): boolean {
  return (node.status?.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True')
}

function repels(taint: Taint, tolerations: readonly Toleration[]): boolean {
  return taint.effect !== 'PreferNoSchedule' && !tolerations.some((one) => tolerates(one, taint))
}

function tolerates({ key, operator = 'Equal', value = '', effect }: Toleration, taint: Taint): boolean {
  if (effect !== undefined && effect !== '' && effect !== taint.effect) return false
  if (key === undefined || key === '') return operator === 'Exists'
  return key === taint.key && (operator === 'Exists' || value === (taint.value ?? ''))
}

function toleratesUnschedulable(pod: Pod): boolean {
  const taint: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }
  return !repels(taint, pod.spec.tolerations ?? [])
}

function selects(pod: Pod, node: Node): boolean {
  const labels = node.metadata.labels ?? {}
  if (!hasAll(pod.spec.nodeSelector, labels)) return false
  const terms = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
  return (
    terms === undefined ||
    terms.some(({ matchExpressions = [] }) => matchExpressions.every((term) => holds(term, labels)))
  )
}

/** The resource that the node has too little of. Only what it lists counts; other names are never there. */
function insufficient(node: Node, { pod, pods }: ScheduleInput): string | undefined {
  const allocatable = node.status?.allocatable ?? {}
  const there = podsOn(node, pods)
  if (there.length + 1 > quantity(allocatable.pods ?? '0')) return 'pods'
  const wanted = requestsOf(pod)
  for (const [name, amount] of wanted) {
    const used = there.reduce((sum, other) => sum + (requestsOf(other).get(name) ?? 0), 0)
    // Sums of fractions: a thousandth of a unit is the grain of a quantity here.
    if (amount > 0 && used + amount > quantity(allocatable[name] ?? '0') + 1e-6) return name
  }
  return undefined
}

/** Of the containers together, or of the largest init container where that is more. */
export function requestsOf(pod: Pod): ReadonlyMap<string, number> {
  const sums = new Map<string, number>()
  for (const { resources } of pod.spec.containers)
    for (const [name, amount] of Object.entries(resources?.requests ?? {}))
      sums.set(name, (sums.get(name) ?? 0) + quantity(amount))
  for (const { resources } of pod.spec.initContainers ?? [])
    for (const [name, amount] of Object.entries(resources?.requests ?? {}))
      sums.set(name, Math.max(sums.get(name) ?? 0, quantity(amount)))
  return sums
}

function podsOn(node: Node, pods: readonly Pod[]): readonly Pod[] {
  return pods.filter((pod) => pod.spec.nodeName === node.metadata.name && isAlive(pod))
}

export function isAlive(pod: Pod): boolean {
  return pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed'
}

function domainOf(key: string, node: Node): string | undefined {
  return node.metadata.labels?.[key]
}

function repelledByPods(node: Node, { pod, pods, nodes }: ScheduleInput): boolean {
  const terms = pod.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []
  return terms.some(({ topologyKey, labelSelector }) => {
    const domain = domainOf(topologyKey, node)
    return nodes
      .filter((other) => domain !== undefined && domainOf(topologyKey, other) === domain)
      .flatMap((other) => podsOn(other, pods))
      .some((other) => sameNamespace(other, pod) && matches(labelSelector, other.metadata.labels))
  })
}

function breaksSpread(rule: TopologySpread, node: Node, input: ScheduleInput): boolean {
  if (rule.whenUnsatisfiable !== 'DoNotSchedule') return false
  const domain = domainOf(rule.topologyKey, node)
  if (domain === undefined) return true
  const eligible = input.nodes.filter((other) => selects(input.pod, other))
  const domains = new Set(eligible.map((other) => domainOf(rule.topologyKey, other)).filter((one) => one !== undefined))
  const least = Math.min(...[...domains].map((one) => countIn(rule, one, input)))
  const self = matches(rule.labelSelector, input.pod.metadata.labels) ? 1 : 0
  return countIn(rule, domain, input) + self - least > rule.maxSkew
}

/** Pods that the rule counts in a domain. */
function countIn(rule: TopologySpread, domain: string | undefined, { pod, pods, nodes }: ScheduleInput): number {
  const same = (rule.matchLabelKeys ?? []).map((key) => [key, pod.metadata.labels?.[key] ?? ''])
  return nodes
    .filter((node) => domain !== undefined && domainOf(rule.topologyKey, node) === domain)
    .flatMap((node) => podsOn(node, pods))
    .filter(
      (other) =>
        sameNamespace(other, pod) &&
        other.metadata.deletionTimestamp === undefined &&
        matches(rule.labelSelector, other.metadata.labels) &&
        same.every(([key, value]) => (other.metadata.labels?.[key!] ?? '') === value),
    ).length
}

function sameNamespace(a: Pod, b: Pod): boolean {
  return a.metadata.namespace === b.metadata.namespace
}
