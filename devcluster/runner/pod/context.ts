/** What every pod worker of a runner shares: ports, settings, and looks at the objects that pods name. */
import type { Clock, Logger } from '../../../dataplane/core/ports.ts'
import type { KubeApi } from '../../../operator/kube/api.ts'
import type { CommandInput } from '../container/command.ts'
import type { EventRecorder } from '../events.ts'
import type { Container, Pod } from '../objects.ts'
import type { Checks, Command, Folders, Processes } from '../ports.ts'
import type { MountInput } from '../volumes/mounts.ts'

export interface WorkerContext {
  readonly api: KubeApi
  readonly clock: Clock
  readonly logger: Logger
  readonly events: EventRecorder
  readonly processes: Processes
  readonly folders: Folders
  readonly checks: Checks
  /** URL of the API server, for pods that speak to it. */
  readonly server: string | undefined
  /** First part of the mark of every process of this runner. */
  readonly mark: string
  /** Back-off of restarts and pulls times this: below 1 in tests. */
  readonly backoffScale: number
  /** Pause before a pass is tried again that failed. */
  readonly retryMs: number
  /** A pod as the API server has it. */
  look(namespace: string, name: string): Pod | undefined
  hostIp(node: string): string
  podFolder(uid: string): string
  hasImage(name: string): boolean
  imageId(name: string): string
  /** Why a container can't be made now, in a kubelet's words. */
  trouble(container: Container, pod: Pod, podIp: string): string | undefined
  command(input: CommandInput): Command
  mountInput(pod: Pod, podIp: string): Omit<MountInput, 'tokens'>
  /** A pod has come to its end. */
  finished(uid: string): void
}
