/** `npm start`: the entry. Arguments, signals and the exit code; the rest is `demo.ts` and what it is given. */
import { join } from 'node:path'
import { demo } from './demo.ts'
import { Fault } from './fault.ts'
import { LocalCluster } from './local/local-cluster.ts'
import { eventFile } from './machine/event-file.ts'
import { gitIn } from './machine/git-process.ts'
import { realHttp } from './machine/http.ts'
import { startJudge } from './machine/judge-thread.ts'
import { terminalScreen } from './machine/terminal.ts'
import { help, type Options, parseOptions } from './options.ts'
import { fileSource } from './source/file.ts'
import { gitSource } from './source/git.ts'
import { shopSource } from './source/shop.ts'
import type { Source } from './source/source.ts'

const command = 'npm start'
const defaultFolder = join(import.meta.dirname, '../.anabranch/start')

async function sourceOf({ source }: Options): Promise<Source> {
  if (source.kind === 'git') return gitSource(gitIn(source.path))
  return source.kind === 'file' ? fileSource(eventFile(source.path)) : shopSource(source.events)
}

/** The exit code. */
async function run(signal: AbortSignal): Promise<number> {
  const options = parseOptions(process.argv.slice(2), command)
  if (options === undefined) {
    console.log(help)
    return 0
  }
  const source = await sourceOf(options)
  const { folder = defaultFolder, ingestPort, queryPort, fresh } = options
  const cluster = new LocalCluster({ folder, ingestPort, queryPort, fresh })
  const screen = terminalScreen(options.json)
  try {
    const ports = { http: realHttp(signal), screen, now: () => performance.now(), judge: startJudge, signal }
    return (await demo(cluster, source, options, ports)) ? 0 : 1
  } finally {
    screen.live('')
    await cluster.stop()
  }
}

const stop = new AbortController()
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => stop.abort(name === 'SIGINT' ? 'Ctrl-C' : name))
}

run(stop.signal).then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    process.exitCode = stop.signal.aborted ? 130 : 1
    if (stop.signal.aborted) console.error(`${command}: stopped (${stop.signal.reason})`)
    else console.error(`${command}: ${error instanceof Fault ? error.message : ((error as Error).stack ?? error)}`)
  },
)
