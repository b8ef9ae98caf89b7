/** Everything that the plan of a cluster looks at, gathered once, never changed. */
import type { EventCluster, Project, Shard } from '../../kube/kinds.ts'
import type { KubeObject } from '../../kube/object.ts'
import type { Evidence } from '../evidence.ts'
import type { Claim, Pod } from '../seen.ts'

export interface ClusterInput {
  /** Wall clock, ms. */
  readonly now: number
  readonly cluster: EventCluster
  readonly operator: { readonly version: string; readonly image: string }
  readonly isNamespaceEnding: boolean
  /** Every EventCluster of the namespace, this one too. */
  readonly clusters: readonly EventCluster[]
  /** Of this cluster, and so are those below unless said otherwise. */
  readonly shards: readonly Shard[]
  readonly pods: readonly Pod[]
  readonly deployments: readonly KubeObject[]
  readonly revisions: readonly KubeObject[]
  readonly services: readonly KubeObject[]
  readonly networkPolicies: readonly KubeObject[]
  /** All claims of the namespace that carry a data id, whosever. */
  readonly dataClaims: readonly Claim[]
  /** All routing maps of the namespace, whosever. */
  readonly routingMaps: readonly KubeObject[]
  /** Those of `spec.imagePullSecrets` that are there. */
  readonly pullSecrets: ReadonlySet<string>
  readonly access: KubeObject | undefined
  /** Projects that name this cluster. */
  readonly projects: readonly Project[]
  /** Secrets of the namespace that those projects name, by name. */
  readonly secrets: ReadonlyMap<string, KubeObject>
  readonly evidence: Evidence
}
