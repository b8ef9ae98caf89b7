/**
 * What the pod runner needs of the machine: processes, folders, probes, sockets. Real ones are in `machine/`; time and log lines are the
 * ports of the data plane, the API server is the port of `operator/kube/api.ts`.
 */
import type { Container, Handler } from './objects.ts'
import type { ProcessName } from './pod/record.ts'
import type { Files } from './volumes/content.ts'

export interface Command {
  readonly words: readonly string[]
  readonly folder: string
  readonly environment: Readonly<Record<string, string>>
}

export interface Processes {
  /**
   * Starts a command in a process group of its own. It outlives the runner. Standard output and error go to `log` in `runFolder`, the pid to `pid`,
   * the exit code to `exit` there, whoever is alive then. Throws `Error` with the reason when there is no such program or folder.
   */
  start(command: Command, runFolder: string): Promise<ProcessName>
  /** Resolves with the exit code once it and its whole group have ended; 137 where nothing was left to tell. Also for processes of an earlier runner. */
  ended(process: ProcessName, runFolder: string): Promise<number>
  /** To the main process alone. Nothing happens when it has ended. */
  signal(process: ProcessName, signal: 'SIGTERM' | 'SIGKILL'): void
  /** The process that was started for this folder and still runs, by what is written there. */
  find(runFolder: string): ProcessName | undefined
  /** Runs a command to its end, and kills it after `timeoutMs`. */
  run(command: Command, timeoutMs: number): Promise<{ readonly exitCode: number; readonly output: string }>
  /** Ends every process whose mark begins so and is none of `keep`; resolves with their number. */
  sweep(mark: string, keep: ReadonlySet<string>): number
  /** Names this process, for a lock file; and whether the process that such a text names still runs. */
  own(): string
  runs(own: string): boolean
}

/** The variable in the environment of every process of a run, `<runner>/<pod uid>/<container>/<start>`: what has left the group is found by it. */
export const markVariable = 'ANABRANCH_RUNNER_RUN'

export interface Folders {
  /** With the folders above it. */
  make(path: string): Promise<void>
  exists(path: string): Promise<boolean>
  remove(path: string): Promise<void>
  list(path: string): Promise<readonly string[]>
  readText(path: string): Promise<string | undefined>
  /** The whole file or none of it is there after a crash. */
  writeText(path: string, text: string): Promise<void>
  /** Replaces all files of a volume at once: readers see the old ones or the new ones, never some of each. */
  publish(folder: string, files: Files): Promise<void>
  /** Moves `log` to `log.1` and so on when it is larger than `bytesMax`, keeping `filesMax` in all. */
  rotate(path: string, limits: { readonly bytesMax: number; readonly filesMax: number }): Promise<void>
}

export interface Checks {
  /** Resolves with what is wrong, or `undefined` when all is well. Never throws. `exec` is not its business. */
  check(
    handler: Handler,
    target: { readonly address: string; readonly container: Container },
    timeoutMs: number,
  ): Promise<string | undefined>
}

export interface PortProxy {
  /** Where connections go from now on; each takes the next target. None: they are refused. */
  aim(targets: readonly { readonly address: string; readonly port: number }[]): void
  close(): Promise<void>
}

export interface Sockets {
  /** A TCP proxy on this address. Throws when it is taken, or the machine does not answer there. */
  proxy(address: string, port: number): Promise<PortProxy>
}

/** The log of a run and whether it still grows; a message when there is none. */
export type FindLog = (
  pod: { readonly namespace: string; readonly name: string },
  container: string,
  previous: boolean,
) => { readonly path: string; readonly isOpen: () => boolean } | { readonly problem: string }

/** A network of loopback addresses, held by listening on it. */
export interface ClaimedNetwork {
  readonly network: number
  close(): Promise<void>
}
