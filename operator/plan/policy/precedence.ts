/**
 * Which CompactionPolicy decides for a project in a shard: one that selects projects before one that selects shards,
 * before one that selects clusters, before one for all; then higher priority, older, name.
 */
import type { CompactionPolicy, EventCluster, Project, Shard } from '../../kube/kinds.ts'

type Selector = NonNullable<CompactionPolicy['spec']['selector']['clusters']>
type Labels = Readonly<Record<string, string>>

export interface Selected {
  readonly cluster: EventCluster
  /** Absent: the cluster as a whole. */
  readonly shard?: Shard
  readonly project?: Project
}

/** Those that match, the one that decides first. */
export function policiesFor(policies: readonly CompactionPolicy[], selected: Selected): CompactionPolicy[] {
  return policies.filter((policy) => selects(policy, selected)).sort(byPrecedence)
}

/** A part that the selected thing does not have is not asked. */
export function selects({ spec }: CompactionPolicy, { cluster, shard, project }: Selected): boolean {
  const { clusters, shards, projects } = spec.selector
  return (
    (clusters === undefined || matches(clusters, cluster.metadata.labels)) &&
    (shards === undefined || (shard !== undefined && matches(shards, shard.metadata.labels))) &&
    (projects === undefined || (project !== undefined && matches(projects, project.metadata.labels)))
  )
}

/** As label selectors of Kubernetes: all requirements hold; an empty one matches everything. */
export function matches({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Labels = {}): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key]
      if (operator === 'Exists') return value !== undefined
      if (operator === 'DoesNotExist') return value === undefined
      const isAmong = value !== undefined && values.includes(value)
      return operator === 'In' ? isAmong : !isAmong
    })
  )
}

/** Why a selector cannot be evaluated; `undefined`: it can. */
export function selectorProblem({ spec }: CompactionPolicy): string | undefined {
  for (const [part, selector] of Object.entries(spec.selector)) {
    for (const { key, operator, values = [] } of selector?.matchExpressions ?? []) {
      const wantsValues = operator === 'In' || operator === 'NotIn'
      if (wantsValues === values.length > 0) continue
      const want = wantsValues ? 'values' : 'no values'
      return `selector.${part}: ${key} ${operator}: got ${values.length} values, want ${want}`
    }
  }
  return undefined
}

function byPrecedence(a: CompactionPolicy, b: CompactionPolicy): number {
  return (
    rank(b) - rank(a) ||
    b.spec.priority - a.spec.priority ||
    text(a.metadata.creationTimestamp, b.metadata.creationTimestamp) ||
    text(a.metadata.name, b.metadata.name)
  )
}

function rank({ spec: { selector } }: CompactionPolicy): number {
  if (selector.projects !== undefined) return 3
  if (selector.shards !== undefined) return 2
  return selector.clusters === undefined ? 0 : 1
}

function text(a = '', b = ''): number {
  return a < b ? -1 : a > b ? 1 : 0
}
