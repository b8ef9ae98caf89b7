/** A pod runner on this machine: the real ports around `startRunner`. For the entry, and for tests that need pods that run. */
import { resolve } from 'node:path'
import type { Logger } from '../../../dataplane/core/ports.ts'
import { realClock } from '../../../dataplane/runtime/clock.ts'
import { realRandom } from '../../../dataplane/runtime/random.ts'
import type { KubeApi } from '../../../operator/kube/api.ts'
import type { ImageTable } from '../container/images.ts'
import type { NodeSettings } from '../node/node-object.ts'
import { type Runner, startRunner } from '../runner.ts'
import { realChecks } from './checks.ts'
import { realFolders } from './folders.ts'
import { kubeletPort } from './kubelet-server.ts'
import { claimNetwork } from './network.ts'
import { LocalProcesses } from './processes.ts'
import { realSockets } from './sockets.ts'

export interface LocalRunnerOptions {
  readonly api: KubeApi
  readonly logger: Logger
  readonly data: string
  readonly nodes: readonly NodeSettings[]
  readonly images: () => ImageTable
  readonly version: string
  readonly namespaces?: readonly string[] | undefined
  readonly schedulerName?: string
  /** URL of the API server, for pods with a service account. */
  readonly server?: string | undefined
  readonly backoffScale?: number
}

export async function startLocalRunner({ version, ...options }: LocalRunnerOptions): Promise<Runner> {
  const data = resolve(options.data)
  return startRunner({
    ...options,
    data,
    clock: realClock,
    random: realRandom,
    processes: new LocalProcesses(),
    folders: realFolders,
    checks: realChecks,
    sockets: realSockets,
    claimNetwork,
    command: {
      node: process.execPath,
      environment: {
        PATH: process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
        HOME: resolve(data, 'home'),
        TMPDIR: resolve(data, 'tmp'),
        // Compiled modules of the programs: a process starts in a quarter of the time.
        NODE_COMPILE_CACHE: resolve(data, 'tmp/compile-cache'),
      },
      preload: new URL('./container-preload.ts', import.meta.url).href,
    },
    facts: { platform: process.platform, architecture: process.arch, version, kubeletPort },
  })
}
