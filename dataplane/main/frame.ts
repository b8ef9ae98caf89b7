/**
 * The frame around a role: real ports, logs, metrics, probes, signals, drain. The same for every role.
 *
 * Exit codes: 0 after a drain, 1 when the role could not start or failed, 2 for wrong flags. SIGTERM and
 * SIGINT drain within `--drain-timeout-ms`; a second signal leaves at once.
 */
import pino from 'pino'
import { collectDefaultMetrics, Registry } from 'prom-client'
import { z } from 'zod'
import type { Logger } from '../core/ports.ts'
import { readFile } from '../core/read-file.ts'
import { type Flags, oneOf, text, whole } from '../roles/flags.ts'
import type { Role, RoleContext, RoleStatus, RunningRole } from '../roles/role.ts'
import { LeaderTerm } from '../rpc/leader-term.ts'
import { type TaskTable, WorkerBackground } from '../runtime/background.ts'
import { realClock } from '../runtime/clock.ts'
import { realDisk } from '../runtime/disk.ts'
import { realRandom } from '../runtime/random.ts'
import { SettingsHolder } from '../settings/holder.ts'
import { type LogLevel, logLevels, parseSettings, type Settings } from '../settings/settings.ts'
import { serveProbes } from './probes.ts'

/** Flags that every role has. */
export const frameFlags = z.object({
  host: text().default('127.0.0.1').describe('address to listen on; 0.0.0.0 in a pod'),
  probePort: whole(0, 65_535).default(0).describe('port of /healthz, /readyz and /metrics; 0 picks a free one'),
  logLevel: oneOf(...logLevels)
    .default('info')
    .describe('lowest level that is logged, where the settings say none'),
  settings: text().optional().describe('file of settings at the start; newer ones are pushed'),
  instance: text().default('').describe('who this process is, told by Status; in a pod its uid'),
  drainTimeoutMs: whole(0, 600_000).default(25_000).describe('ms to finish running work after SIGTERM'),
})

const shardTaskModule = new URL('../shard/run/tasks.ts', import.meta.url)
const shardTasks: TaskTable = {
  mergeRuns: { module: shardTaskModule, name: 'mergeRuns' },
  digestSegment: { module: shardTaskModule, name: 'digestSegment' },
}

export async function runRole(
  role: Role<Flags>,
  flags: z.infer<typeof frameFlags> & Record<string, unknown>,
  version: string,
) {
  const { logger, setLevel } = jsonLogger(flags.logLevel, role.name)
  const metrics = new Registry()
  collectDefaultMetrics({ register: metrics })
  let status = (): RoleStatus => ({ state: 'starting', reason: 'starting' })
  const probes = await serveProbes({ host: flags.host, port: flags.probePort, metrics, status: () => status() })
  const settings = new SettingsHolder(await startSettings(flags.settings))
  settings.apply(({ logLevel }) => setLevel(logLevel ?? flags.logLevel))
  const context: RoleContext = {
    clock: realClock,
    random: realRandom,
    disk: realDisk('/'),
    background: new WorkerBackground(shardTasks),
    logger,
    metrics,
    version,
    instance: flags.instance,
    leaderTerm: new LeaderTerm(),
    settings,
  }
  const running = await role.start(context, flags)
  status = () => running.status()
  logger.info('serving', { version, pid: process.pid, probes: `${flags.host}:${probes.port}`, ...running.endpoints })
  const signal = await nextSignal()
  status = () => ({ state: 'draining', reason: `got ${signal}` })
  logger.info('draining', { signal, timeoutMs: flags.drainTimeoutMs })
  process.once(signal, () => process.exit(1))
  const clean = await drainWithin(running, flags.drainTimeoutMs)
  await probes.close()
  if (!clean) logger.error('drain took too long; leaving', { timeoutMs: flags.drainTimeoutMs })
  else logger.info('drained')
  process.exitCode = clean ? 0 : 1
}

async function startSettings(path: string | undefined): Promise<Settings | undefined> {
  if (path === undefined) return undefined
  return parseSettings(Buffer.from(await readFile(realDisk('/'), path)).toString(), path)
}

async function drainWithin(running: RunningRole, timeoutMs: number): Promise<boolean> {
  const late = new AbortController()
  const limit = realClock.sleep(timeoutMs, late.signal).then(
    () => false,
    () => false,
  )
  const done = await Promise.race([running.drain().then(() => true), limit])
  late.abort()
  return done
}

function nextSignal(): Promise<'SIGTERM' | 'SIGINT'> {
  return new Promise((resolve) => {
    process.once('SIGTERM', () => resolve('SIGTERM'))
    process.once('SIGINT', () => resolve('SIGINT'))
  })
}

/** JSON lines on standard error, `time` in ISO 8601. Callers never pass event contents or tokens. */
function jsonLogger(level: LogLevel, role: string): { logger: Logger; setLevel(level: LogLevel): void } {
  const lines = pino(
    {
      level,
      base: { role },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    pino.destination({ dest: 2, sync: true }),
  )
  const log = (name: 'info' | 'warn' | 'error') => (message: string, fields?: Readonly<Record<string, unknown>>) => {
    const { error, ...others } = fields ?? {}
    lines[name](error === undefined ? others : { ...others, err: error }, message)
  }
  return {
    logger: { info: log('info'), warn: log('warn'), error: log('error') },
    setLevel(level) {
      lines.level = level
    },
  }
}
