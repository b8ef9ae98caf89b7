/** What builders are given of a cluster: its wanted state, with everything decided that the user left open. Pure data. */
import { bug } from '../../common/errors/errors.ts'
import type { EventClusterSpec } from '../kube/kinds.ts'

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

export type FileLog = NonNullable<EventClusterSpec['log']['file']>
export type FolderStore = NonNullable<EventClusterSpec['store']['folder']>

/** The one member of `log` that there is: the schema lets nothing else through. */
export function fileLogOf({ log }: EventClusterSpec): FileLog {
  return log.file ?? bug('a spec without log.file passed the schema')
}

export function folderStoreOf({ store }: EventClusterSpec): FolderStore {
  return store.folder ?? bug('a spec without store.folder passed the schema')
}
