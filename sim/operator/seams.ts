/**
 * Where a bug can be planted without touching the operator: on the way to the API server and to the pods, on the decisions
 * of a kind, and on methods of classes. A healthy run has none.
 *
 * Does not: list the bugs (`bugs/`).
 */
import type { DataPlane } from '../../operator/admin/port.ts'
import type { KubeApi } from '../../operator/kube/api.ts'
import type { Decision } from '../../operator/plan/decision.ts'
import type { SimulatedPlane } from './cluster/plane.ts'

export interface Seams {
  /** A process's way to the API server. */
  readonly api?: (api: KubeApi) => KubeApi
  /** A process's way to the pods. */
  readonly plane?: (plane: DataPlane) => DataPlane
  /** The pods. */
  readonly pods?: (plane: SimulatedPlane) => void
  /** What a kind is given to decide on, and what comes out. */
  readonly decide?: {
    readonly [kind in 'EventCluster' | 'Shard' | 'Project']?: (
      decide: (input: never) => Decision<object>,
    ) => (input: never) => Decision<object>
  }
  /** Changes a class of the operator; gives the way back. */
  readonly patch?: () => () => void
}
