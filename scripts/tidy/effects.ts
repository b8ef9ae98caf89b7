/**
 * Rule of the one door: time, chance, timers, process, disk and network are reached through the ports of
 * `dataplane/core/ports.ts`, so that one seed of the simulator is one history. Every ban names its replacement.
 *
 * In tests the disk and the process are real, but clocks that decide, sleeps and dice are banned there too: they make tests flaky.
 */
import { isBuiltin } from 'node:module'
import type { Config } from './config.ts'
import { isTest, lineAt, type Source, type Tree, type Violation } from './tree.ts'

interface Ban {
  readonly pattern: RegExp
  readonly use: string
  readonly inTests: boolean
}

const bans: readonly Ban[] = [
  {
    pattern: /\bDate\.now\b|\bnew Date\(\s*\)|(?<![.\w])(?<!new )Date\(/g,
    use: '`clock.now()` of the Clock port',
    inTests: true,
  },
  { pattern: /(?<![.\w])performance\.\w+/g, use: '`clock.monotonic()` of the Clock port', inTests: false },
  { pattern: /\bMath\.random\b/g, use: 'the Random port, or a seeded generator', inTests: true },
  {
    pattern: /\b(?:randomUUID|randomBytes|randomInt|randomFill(?:Sync)?|getRandomValues)\b/g,
    use: 'the Random port, or a seeded generator',
    inTests: true,
  },
  {
    pattern:
      /(?<![.\w])(?:setTimeout|setInterval|setImmediate)\b|\bAbortSignal\.timeout\b|\bAtomics\.wait(?:Async)?\b/g,
    use: '`clock.sleep()` of the Clock port',
    inTests: true,
  },
  { pattern: /(?<![.\w])process\.\w+/g, use: 'a parameter: only an entry file reads the process', inTests: false },
  { pattern: /(?<![.\w])console\.\w+/g, use: 'the Logger port', inTests: false },
  { pattern: /(?<![.\w])globalThis\b/g, use: 'an import or a port', inTests: false },
  {
    pattern: /(?:\bawait|\breturn|=|=>|\() ?fetch\(|\bnew (?:WebSocket|EventSource)\b/g,
    use: 'a port for the other side',
    inTests: false,
  },
  { pattern: /\bnew (?:Shared)?Worker\(/g, use: 'the Background port', inTests: false },
  {
    pattern: /\.(?:get|set)(?:FullYear|Month|Date|Day|Hours|Minutes|Seconds|Milliseconds|TimezoneOffset)\(/g,
    use: 'the UTC methods, or the time zone of the project: the machine has no say',
    inTests: true,
  },
  {
    pattern: /\.toLocale\w*\(|\.localeCompare\(/g,
    use: 'an order of UTF-8 bytes or a fixed format: the locale of the machine has no say',
    inTests: true,
  },
]

/** Built-in modules that compute and touch nothing. */
const pureModules = new Set(['buffer', 'crypto', 'path', 'string_decoder', 'url', 'util', 'zlib'])

const doors: Readonly<Record<string, string>> = {
  fs: 'the Disk port',
  'fs/promises': 'the Disk port',
  timers: '`clock.sleep()` of the Clock port',
  'timers/promises': '`clock.sleep()` of the Clock port',
  worker_threads: 'the Background port',
  perf_hooks: '`clock.monotonic()` of the Clock port',
}

export function checkEffects(tree: Tree, config: Config): Violation[] {
  const real = Object.keys(config.effects)
  return tree.sources
    .filter(
      (source) =>
        source.path.includes('/') &&
        !real.some((prefix) => source.path === prefix || source.path.startsWith(`${prefix}/`)),
    )
    .flatMap((source) => [...bannedNames(source), ...bannedModules(source)])
}

function bannedNames(source: Source): Violation[] {
  return bans
    .filter((ban) => ban.inTests || !isTest(source.path))
    .flatMap((ban) =>
      [...source.code.matchAll(ban.pattern)]
        .filter((match) => !importsClass(source, match[0]))
        .map((match) => ({
          path: source.path,
          line: lineAt(source.code, match.index),
          message: `${match[0].trim()} is an effect: use ${ban.use}`,
        })),
    )
}

/** True for `new Name` where the file imports a `Name`: a class of ours, or a module that is judged by itself. */
function importsClass({ code }: Source, text: string): boolean {
  const name = /^new (\w+)/.exec(text)?.[1]
  return name !== undefined && new RegExp(`^import [^'"]*\\b${name}\\b[^'"]* from`, 'm').test(code)
}

function bannedModules(source: Source): Violation[] {
  return source.imports.flatMap(({ specifier, line }) => {
    if (specifier === undefined || !isBuiltin(specifier)) return []
    const name = specifier.replace(/^node:/, '')
    const allowed = isTest(source.path) ? !name.startsWith('timers') : pureModules.has(name)
    if (allowed) return []
    return [
      {
        path: source.path,
        line,
        message: `${specifier} is an effect: use ${doors[name] ?? 'a port of dataplane/core/ports.ts'}`,
      },
    ]
  })
}
