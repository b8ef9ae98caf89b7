/** What a runner is made of and told: its ports and settings. */
import type { Clock, Logger, Random } from '../../dataplane/core/ports.ts'
import type { KubeApi } from '../../operator/kube/api.ts'
import type { CommandSettings } from './container/command.ts'
import type { ImageTable } from './container/images.ts'
import type { NodeFacts, NodeSettings } from './node/node-object.ts'
import type { Checks, ClaimedNetwork, FindLog, Folders, Processes, Sockets } from './ports.ts'

export interface RunnerOptions {
  readonly api: KubeApi
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly processes: Processes
  readonly folders: Folders
  readonly checks: Checks
  readonly sockets: Sockets
  /** Claims addresses, and serves logs there. */
  readonly claimNetwork: (preferred: number, nodes: number, findLog: FindLog) => Promise<ClaimedNetwork>
  /** Data folder, absolute. */
  readonly data: string
  readonly nodes: readonly NodeSettings[]
  /** Absent: pods of all namespaces. */
  readonly namespaces?: readonly string[] | undefined
  readonly images: () => ImageTable
  readonly command: Omit<CommandSettings, 'hostsFile'>
  readonly facts: Pick<NodeFacts, 'platform' | 'architecture' | 'version' | 'kubeletPort'>
  /** Times of back-off are multiplied by it. 1 by default. */
  readonly backoffScale?: number
  readonly schedulerName?: string
  /** URL of the API server, for pods with a service account. */
  readonly server?: string | undefined
}
