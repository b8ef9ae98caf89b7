/** What builders are given of a cluster: its wanted state, with everything decided that the user left open. Pure data. */
import type { EventClusterSpec } from '../kinds.ts'

export interface ClusterView {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly spec: EventClusterSpec
  /** The data's identity. */
  readonly dataId: string
  /** Names of the claims of log and store: after an adoption those that another cluster made. */
  readonly claims: { readonly log: string; readonly store: string }
}
