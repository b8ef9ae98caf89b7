/** Everything that the plan of a shard looks at, gathered once, never changed. */
import type { RoutingMap } from '../../../dataplane/routing/map.ts'
import type { EventCluster, Shard } from '../../kube/kinds.ts'
import type { RevisionData } from '../../render/revisions.ts'
import type { ClusterView } from '../../render/view.ts'
import type { Evidence } from '../evidence.ts'
import type { Claim, Pod } from '../seen.ts'

export interface ShardInput {
  /** Wall clock, ms. */
  readonly now: number
  readonly shard: Shard
  /** `undefined`: it is certainly not there. */
  readonly cluster: EventCluster | undefined
  /** `undefined` while the cluster has not said where its data is. */
  readonly view: ClusterView | undefined
  readonly isNamespaceEnding: boolean
  readonly revisions: ReadonlyMap<string, RevisionData>
  /** Of this shard. */
  readonly pods: readonly Pod[]
  readonly claims: readonly Claim[]
  /** In force, as its ConfigMap says. */
  readonly map: RoutingMap | undefined
  /** Query pods: they choose replicas by their map. */
  readonly routers: readonly Pod[]
  /** The pod of the log. */
  readonly log: Pod | undefined
  /** Why log and store may not be there; `undefined`: they are. */
  readonly dataVolumesUnsure: string | undefined
  readonly evidence: Evidence
  /** Names of the policies that apply to it, the first has precedence. */
  readonly policies: readonly string[]
}
