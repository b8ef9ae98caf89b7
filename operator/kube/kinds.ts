/** Objects of the four kinds as the API server gives them: plain Kubernetes objects with a known spec and status. */
import type { CompactionPolicy as PolicyKind } from '../../crds/kinds/compaction-policy.ts'
import type { EventCluster as ClusterKind } from '../../crds/kinds/event-cluster.ts'
import type { Project as ProjectKind } from '../../crds/kinds/project.ts'
import type { Shard as ShardKind } from '../../crds/kinds/shard.ts'
import type { KubeObject } from './object.ts'

type Known<Kind extends { readonly spec: unknown; readonly status?: unknown }> = KubeObject &
  Pick<Kind, 'spec' | 'status'>

export type EventCluster = Known<ClusterKind>
export type Shard = Known<ShardKind>
export type Project = Known<ProjectKind>
export type CompactionPolicy = Known<PolicyKind>

export type { EventClusterSpec } from '../../crds/kinds/event-cluster.ts'

/** What people add to pods of a role. */
export type PodExtras = NonNullable<ClusterKind['spec']['shard']['pod']>
