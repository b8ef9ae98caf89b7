/** Everything that the plan of a project looks at, gathered once, never changed. */
import type { AccessTable } from '../../../dataplane/access/table.ts'
import type { EventCluster, Project } from '../../kube/kinds.ts'
import type { KubeObject } from '../../kube/object.ts'
import type { Evidence } from '../evidence.ts'
import type { Pod } from '../seen.ts'

export interface ProjectInput {
  /** Wall clock, ms. */
  readonly now: number
  readonly project: Project
  /** `undefined`: none has the name. */
  readonly cluster: EventCluster | undefined
  /** Of the cluster, this one too. */
  readonly siblings: readonly Project[]
  /** Secrets of the namespace that the siblings name, by name. */
  readonly secrets: ReadonlyMap<string, KubeObject>
  /** As the cluster's Secret says; `undefined`: not written yet. */
  readonly table: AccessTable | undefined
  /** Ingest and query pods of the cluster. */
  readonly pods: readonly Pod[]
  readonly evidence: Evidence
  /** Names of the policies that apply to it, the first has precedence. */
  readonly policies: readonly string[]
}
