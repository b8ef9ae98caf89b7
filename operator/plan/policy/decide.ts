/**
 * The plan of a CompactionPolicy: what it matches, what it decides for, who has precedence. It changes nothing, and
 * says that no worker runs yet.
 */
import type { compactionPolicyConditions, Decision as Says } from '../../../crds/conditions.ts'
import type { CompactionPolicyStatus } from '../../../crds/kinds/compaction-policy.ts'
import type { CompactionPolicy, EventCluster, Project, Shard } from '../../kube/kinds.ts'
import { conditionsFrom } from '../conditions.ts'
import type { Decision } from '../decision.ts'
import { policiesFor, type Selected, selectorProblem, selects } from './precedence.ts'

export interface PolicyInput {
  /** Wall clock, ms. */
  readonly now: number
  readonly policy: CompactionPolicy
  /** Of the namespace, this one too. */
  readonly policies: readonly CompactionPolicy[]
  readonly clusters: readonly EventCluster[]
  readonly shards: readonly Shard[]
  readonly projects: readonly Project[]
}

type Conditions = {
  readonly [Type in keyof typeof compactionPolicyConditions]: Says<typeof compactionPolicyConditions, Type>
}

const overridersMax = 20

export function decidePolicy(input: PolicyInput): Decision<CompactionPolicyStatus> {
  const { policy, now } = input
  const bound = bind(input)
  const generation = policy.metadata.generation ?? 0
  const status: CompactionPolicyStatus = {
    observedGeneration: generation,
    matches: bound.matches,
    governs: bound.governs,
    overriddenBy: bound.overriddenBy.slice(0, overridersMax),
    conditions: conditionsFrom(policy.status?.conditions, conditionsOf(input, bound), { generation, nowMs: now }),
  }
  return { actions: [], status, notes: [], blocked: [], requeueAfterMs: undefined }
}

interface Bound {
  readonly matches: { clusters: number; shards: number; projects: number }
  readonly governs: { clusters: number; shards: number; projects: number }
  readonly overriddenBy: readonly { policy: string; projects: number }[]
}

/** A cluster is governed when nobody else decides for anything in it. */
function bind(input: PolicyInput): Bound {
  const valid = input.policies.filter((one) => selectorProblem(one) === undefined)
  const matches = { clusters: 0, shards: 0, projects: 0 }
  const governs = { clusters: 0, shards: 0, projects: 0 }
  const over = new Map<string, number>()
  for (const cluster of input.clusters) {
    const { name } = cluster.metadata
    const shards = input.shards.filter(({ spec }) => spec.clusterRef.name === name)
    const projects = input.projects.filter(({ spec }) => spec.clusterRef.name === name)
    const mine = input.policy.metadata.name
    const leads = (selected: Selected) => policiesFor(valid, selected)[0]?.metadata.name
    const matched = (selected: Selected) => selects(input.policy, selected) && valid.includes(input.policy)
    const pairs = (shard: Shard): Selected[] =>
      projects.length === 0 ? [{ cluster, shard }] : projects.map((project) => ({ cluster, shard, project }))
    const shardsMatched = shards.filter((shard) => pairs(shard).some(matched))
    const projectsMatched = projects.filter((project) => shards.some((shard) => matched({ cluster, shard, project })))
    const shardsGoverned = shards.filter((shard) => pairs(shard).some((pair) => leads(pair) === mine))
    const projectsGoverned = projects.filter((project) =>
      shards.some((shard) => leads({ cluster, shard, project }) === mine),
    )
    if (shardsMatched.length > 0 || matched({ cluster })) matches.clusters++
    matches.shards += shardsMatched.length
    matches.projects += projectsMatched.length
    governs.shards += shardsGoverned.length
    governs.projects += projectsGoverned.length
    const all = shards.flatMap(pairs)
    if (all.length > 0 && all.every((pair) => leads(pair) === mine)) governs.clusters++
    for (const project of projectsMatched) {
      const first = leads({ cluster, ...(shards[0] && { shard: shards[0] }), project })
      if (first !== undefined && first !== mine) over.set(first, (over.get(first) ?? 0) + 1)
    }
  }
  const overriddenBy = [...over]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([policy, projects]) => ({ policy, projects }))
  return { matches, governs, overriddenBy }
}

function conditionsOf({ policy }: PolicyInput, { matches, governs, overriddenBy }: Bound): Conditions {
  const problem = selectorProblem(policy)
  const message = 'no compaction worker runs in this version: events stay as they were written'
  const Enforced = { status: 'False', reason: 'NotImplemented', message } as const
  if (problem !== undefined) {
    return {
      Ready: { status: 'False', reason: 'InvalidSelector', message: problem },
      Bound: { status: 'False', reason: 'SelectsNothing', message: problem },
      Enforced,
    }
  }
  const Ready = { status: 'True', reason: 'Evaluated', message: '' } as const
  const count = ({ clusters, shards, projects }: Bound['matches']) =>
    `${clusters} clusters, ${shards} shards, ${projects} projects`
  if (governs.clusters + governs.shards + governs.projects > 0) {
    return { Ready, Bound: { status: 'True', reason: 'Governs', message: count(governs) }, Enforced }
  }
  const isNone = matches.clusters + matches.shards + matches.projects === 0
  const by = overriddenBy.map(({ policy }) => policy).join(', ')
  return {
    Ready,
    Bound: isNone
      ? { status: 'False', reason: 'SelectsNothing', message: 'no EventCluster, Shard or Project matches' }
      : {
          status: 'False',
          reason: 'Overridden',
          message: `${count(matches)} match; ${by || 'others'} have precedence`,
        },
    Enforced,
  }
}
