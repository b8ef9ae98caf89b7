import { join } from 'node:path'
import { type Line, textScripts } from '../../../test/support/operator/text-script.ts'
import type { CompactionPolicy, EventCluster, Project, Shard } from '../../kube/kinds.ts'
import { decidePolicy } from './decide.ts'
import { policiesFor, selectorProblem } from './precedence.ts'

const labelsOf = ({ values }: Line) => values
const of = (state: readonly Line[], word: string) => state.filter(({ words }) => words[0] === word)
const metadata = (line: Line, name: string) => ({ name, namespace: 'prod', labels: labelsOf(line) })

/** `policy NAME [clusters|shards|projects KEY=VALUE] [priority N] [age N]`; `KEY=` alone is an `In` without values. */
function policyOf({ words, values }: Line): CompactionPolicy {
  const after = (word: string) => words[words.indexOf(word) + 1]
  const part = ['clusters', 'shards', 'projects'].find((one) => words.includes(one))
  const broken = Object.entries(values).find(([, value]) => value === '')
  const selector = broken
    ? { matchExpressions: [{ key: broken[0], operator: 'In', values: [] }] }
    : { matchLabels: values }
  return {
    ...{ apiVersion: '', kind: 'CompactionPolicy' },
    metadata: {
      ...{ name: words[1]!, namespace: 'prod', generation: 1 },
      creationTimestamp: words.includes('age')
        ? `2026-01-0${9 - Number(after('age'))}T00:00:00Z`
        : '2026-01-09T00:00:00Z',
    },
    spec: {
      selector: part === undefined ? {} : { [part]: selector },
      priority: words.includes('priority') ? Number(after('priority')) : 0,
    },
  } as unknown as CompactionPolicy
}

textScripts('plan of a CompactionPolicy', join(import.meta.dirname, 'testdata'), (state) => {
  const clusters = of(state, 'cluster').map((line) => ({
    metadata: metadata(line, line.words[1]!),
  })) as unknown as EventCluster[]
  const child = (line: Line) => {
    const [, cluster, id] = line.words
    return { metadata: metadata(line, `${cluster}-${id}`), spec: { clusterRef: { name: cluster }, id } }
  }
  const shards = of(state, 'shard').map(child) as unknown as Shard[]
  const projects = of(state, 'project').map(child) as unknown as Project[]
  const policies = of(state, 'policy').map(policyOf)
  const lines = policies.map((policy) => {
    const { status } = decidePolicy({ now: 0, policy, policies, clusters, shards, projects })
    const text = (of: typeof status.matches) => `${of?.clusters}/${of?.shards}/${of?.projects}`
    const bound = status.conditions?.find(({ type }) => type === 'Bound')
    const over = status.overriddenBy
      ?.map(({ policy, projects }) => ` overridden by ${policy} for ${projects}`)
      .join(',')
    return `${policy.metadata.name}: matches ${text(status.matches)} governs ${text(status.governs)} ${bound?.reason}${over}`
  })
  const valid = policies.filter((policy) => selectorProblem(policy) === undefined)
  const orders = projects.map((project) => {
    const cluster = clusters.find(({ metadata }) => metadata.name === project.spec.clusterRef.name)!
    const order = policiesFor(valid, { cluster, project, ...(shards[0] && { shard: shards[0] }) })
    return `${project.metadata.name}: ${order.map(({ metadata }) => metadata.name).join(' > ') || 'nobody'}`
  })
  return [...lines, ...orders]
})
