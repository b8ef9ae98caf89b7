/**
 * A command of the demo: arguments, signals, the exit code. What it runs on is the caller's choice.
 *
 * Exit codes: 0 when every answer equals the oracle's, 1 when one does not or something failed, 130 when it was stopped
 * before it had answered. However it ends, the cluster is stopped.
 */
import { join, resolve } from 'node:path'
import type { Cluster } from '../cluster.ts'
import { demo } from '../demo.ts'
import { Fault } from '../fault.ts'
import { help, type Options, parseOptions } from '../options.ts'
import { fileSource } from '../source/file.ts'
import { gitSource } from '../source/git.ts'
import { shopSource } from '../source/shop.ts'
import type { Source } from '../source/source.ts'
import { eventFile } from './event-file.ts'
import { gitIn } from './git-process.ts'
import { realHttp } from './http.ts'
import { startJudge } from './judge-thread.ts'
import { terminalScreen } from './terminal.ts'

export interface Command {
  /** As the user types it: `npm start`. */
  readonly name: string
  /** Where things are stored when `--folder` does not say; below the repository. */
  readonly folder: string
  readonly cluster: (options: ClusterOptions) => Cluster
}

export interface ClusterOptions extends Pick<Options, 'ingestPort' | 'queryPort' | 'fresh'> {
  /** An absolute path. */
  readonly folder: string
}

const root = join(import.meta.dirname, '../..')

/** Sets the exit code of this process when it is done. */
export function runCommand(command: Command): void {
  const stop = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => stop.abort(name === 'SIGINT' ? 'Ctrl-C' : name))
  }
  run(command, stop).then(
    (code) => {
      process.exitCode = code
    },
    (error: unknown) => {
      process.exitCode = stop.signal.aborted ? 130 : 1
      console.error(`${command.name}: ${stop.signal.aborted ? `stopped (${stop.signal.reason})` : said(error)}`)
    },
  )
}

async function run(command: Command, stop: AbortController): Promise<number> {
  const options = parseOptions(process.argv.slice(2), command.name)
  if (options === undefined) {
    console.log(help(command.name, command.folder))
    return 0
  }
  const { signal } = stop
  const here = userFolder(command.name)
  const source = await sourceOf(options, here)
  const folder = options.folder === undefined ? join(root, command.folder) : resolve(here, options.folder)
  const cluster = command.cluster({ ...options, folder })
  const screen = terminalScreen(options.json, () => stop.abort('nobody reads its output'))
  try {
    const ports = { http: realHttp(signal), screen, now: () => performance.now(), judge: startJudge, signal }
    return (await demo(cluster, source, options, ports)) ? 0 : 1
  } finally {
    screen.live('')
    await cluster.stop()
  }
}

/** Paths are relative to where the user typed: npm runs a script in the repository's root, and says where it came from. */
function userFolder(command: string): string {
  const { npm_lifecycle_event: script, INIT_CWD: typedIn } = process.env
  return typedIn !== undefined && command.endsWith(` ${script}`) ? typedIn : process.cwd()
}

async function sourceOf({ source }: Options, here: string): Promise<Source> {
  if (source.kind === 'git') return gitSource(gitIn(resolve(here, source.path)))
  return source.kind === 'file' ? fileSource(eventFile(resolve(here, source.path))) : shopSource(source.events)
}

/** A fault is one line; anything else is a defect, and its stack says where. */
function said(error: unknown): string {
  return error instanceof Fault ? error.message : String((error as Error).stack ?? error)
}
