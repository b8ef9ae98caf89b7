/** The command line: what it may say, what it means, what is wrong with it. Pure; a wrong one throws `Fault`. */
import { parseArgs } from 'node:util'
import { Fault } from './fault.ts'

/** `command`: as the user types it; `folder`: where things are stored when nothing is said. */
export const help = (
  command: string,
  folder: string,
) => `${command} [-- OPTIONS]: an event cluster on this machine, with events in it and answers out of it

what is imported
  (nothing)         the canonical workload of an invented shop, 100000 events
  --events N        so many of them
  --git PATH        the history of a git repository: who authored, touched, merged, tagged
  --file PATH       your events: NDJSON in the import format, plain, gzip or zstd

what it does
  --once            end after the answers; exit code 0 when all equal the oracle's, 1 when not
  --json            answers as JSON on standard output, and nothing else there
                    (${command.replace('npm', 'npm -s')} -- --json, else npm writes there too)
  --fresh           forget what an earlier start stored
  --folder PATH     where it is stored (default ${folder})
  --ingest-port N   port of /import and /track (default 8080)
  --query-port N    port of /v1/query (default 8081)
  --help            this text`

export interface Options {
  readonly source:
    | { readonly kind: 'shop'; readonly events: number }
    | { readonly kind: 'git'; readonly path: string }
    | { readonly kind: 'file'; readonly path: string }
  readonly once: boolean
  readonly json: boolean
  readonly fresh: boolean
  /** `undefined`: the default one, below the repository. */
  readonly folder: string | undefined
  readonly ingestPort: number
  readonly queryPort: number
  /** How the user started it: `npm start`. */
  readonly command: string
}

const eventsDefault = 100_000
/** The oracle keeps them all in memory. */
const eventsMax = 1_000_000

/** `undefined` when only the help is asked for. */
export function parseOptions(argv: readonly string[], command: string): Options | undefined {
  const values = parsed(argv)
  if (values.help) return undefined
  const given = (['events', 'git', 'file'] as const).filter((name) => values[name] !== undefined)
  if (given.length > 1) throw new Fault(`--${given[0]} and --${given[1]} are two sources: give one`)
  const [ingestPort, queryPort] = [port('ingest-port', values['ingest-port']), port('query-port', values['query-port'])]
  if (ingestPort === queryPort) throw new Fault(`--ingest-port and --query-port are both ${ingestPort}: want two ports`)
  return {
    source: sourceOf(values),
    once: values.once,
    json: values.json,
    fresh: values.fresh,
    folder: values.folder,
    ingestPort,
    queryPort,
    command,
  }
}

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        events: { type: 'string' },
        git: { type: 'string' },
        file: { type: 'string' },
        once: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        fresh: { type: 'boolean', default: false },
        folder: { type: 'string' },
        'ingest-port': { type: 'string', default: '8080' },
        'query-port': { type: 'string', default: '8081' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values
  } catch (error) {
    const [first] = (error as Error).message.split(/\.(?: |$)/)
    throw new Fault(`${first}; --help lists the options`)
  }
}

function sourceOf({ events, git, file }: { events?: string; git?: string; file?: string }): Options['source'] {
  if (git !== undefined) return { kind: 'git', path: git }
  if (file !== undefined) return { kind: 'file', path: file }
  return { kind: 'shop', events: events === undefined ? eventsDefault : whole('events', events, 1, eventsMax) }
}

const port = (flag: string, text: string) => whole(flag, text, 1, 65_535)

function whole(flag: string, text: string, min: number, max: number): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw new Fault(`--${flag}: got '${text}', want a whole number from ${min} to ${max}`)
  }
  return value
}
