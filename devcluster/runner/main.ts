/**
 * `node scripts/node24.mjs devcluster/runner/main.ts --help`: a pod runner as a process. SIGTERM and SIGINT end it in order, a second one at once.
 *
 * Exit codes: 0 after a stop in order, 1 when it could not start, 2 for wrong flags.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import pino from 'pino'
import type { Logger } from '../../dataplane/core/ports.ts'
import { realClock } from '../../dataplane/runtime/clock.ts'
import { findAccess } from '../../operator/kube/client/connect.ts'
import { HttpApi } from '../../operator/kube/client/http-api.ts'
import { realMachine } from '../../operator/kube/client/machine.ts'
import { help, parseRunnerFlags, type RunnerFlags } from './flags.ts'
import { imageFile } from './machine/image-file.ts'
import { startLocalRunner } from './machine/local-runner.ts'

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string
}

async function main(flags: RunnerFlags): Promise<void> {
  const stopped = new Promise<string>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      process.once(signal, () => {
        process.once(signal, () => process.exit(1))
        resolve(signal)
      })
  })
  const logger = jsonLogger()
  const { context, onExit, forget, images, ...settings } = flags
  const access = await findAccess({ env: process.env, machine: realMachine, ...(context !== undefined && { context }) })
  const api = new HttpApi({
    access,
    userAgent: `anabranch-pod-runner/${version}`,
    monotonic: () => realClock.monotonic(),
  })
  const runner = await startLocalRunner({
    ...settings,
    api,
    server: access.server,
    logger,
    version,
    images: imageFile(images, (message) => logger.warn(message)),
  })
  logger.info('serving', { nodes: flags.nodes.map(({ name }) => name), data: flags.data, hosts: runner.hostsFile })
  logger.info('stopping', { signal: await stopped, onExit, forget })
  await runner.close({ processes: onExit, forget })
  await api.close()
}

function jsonLogger(): Logger {
  const lines = pino({ base: {}, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ dest: 2, sync: true }))
  const log = (name: 'info' | 'warn' | 'error') => (message: string, fields?: Readonly<Record<string, unknown>>) => {
    const { error, ...others } = fields ?? {}
    lines[name](error === undefined ? others : { ...others, err: error }, message)
  }
  return { info: log('info'), warn: log('warn'), error: log('error') }
}

function fail(error: unknown, code: number): never {
  console.error(`pod runner: ${error instanceof Error ? error.message : error}`)
  process.exit(code)
}

let flags: RunnerFlags | undefined
try {
  flags = parseRunnerFlags(process.argv.slice(2), { images: fileURLToPath(new URL('./images.json', import.meta.url)) })
} catch (error) {
  fail(error, 2)
}
if (flags === undefined) console.log(help)
else main(flags).catch((error: unknown) => fail(error, 1))
