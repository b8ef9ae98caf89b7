/** The four reconciled kinds: what is gathered, what decides. */
import type { Condition } from '../../crds/fields/condition.ts'
import type { KubeObject, ObjectKey } from '../kube/object.ts'
import { type Resource, resources } from '../kube/resource.ts'
import { decideCluster } from '../plan/cluster/decide.ts'
import type { ClusterInput } from '../plan/cluster/input.ts'
import type { Decision } from '../plan/decision.ts'
import { decidePolicy, type PolicyInput } from '../plan/policy/decide.ts'
import { decideProject } from '../plan/project/decide.ts'
import type { ProjectInput } from '../plan/project/input.ts'
import { decideShard } from '../plan/shard/decide.ts'
import type { ShardInput } from '../plan/shard/input.ts'
import { gatherCluster } from './gather/cluster.ts'
import { gatherPolicy } from './gather/policy.ts'
import { gatherProject } from './gather/project.ts'
import { gatherShard } from './gather/shard.ts'
import type { Surrounding } from './surrounding.ts'

export interface AnyStatus {
  readonly observedGeneration?: number | undefined
  readonly conditions?: readonly Condition[] | undefined
}

export interface ReconciledKind<Input = unknown, Status extends AnyStatus = AnyStatus> {
  readonly resource: Resource
  gather(world: Surrounding, key: ObjectKey): Promise<Input | undefined>
  decide(input: Input): Decision<Status>
  /** The object that is reconciled. */
  object(input: Input): KubeObject
}

const kind = <Input, Status extends AnyStatus>(of: ReconciledKind<Input, Status>) => of as unknown as ReconciledKind

export const reconciledKinds: readonly ReconciledKind[] = [
  kind<ClusterInput, AnyStatus>({
    resource: resources.eventClusters,
    gather: gatherCluster,
    decide: decideCluster,
    object: ({ cluster }) => cluster,
  }),
  kind<ShardInput, AnyStatus>({
    resource: resources.shards,
    gather: gatherShard,
    decide: decideShard,
    object: ({ shard }) => shard,
  }),
  kind<ProjectInput, AnyStatus>({
    resource: resources.projects,
    gather: gatherProject,
    decide: decideProject,
    object: ({ project }) => project,
  }),
  kind<PolicyInput, AnyStatus>({
    resource: resources.compactionPolicies,
    gather: gatherPolicy,
    decide: decidePolicy,
    object: ({ policy }) => policy,
  }),
]
