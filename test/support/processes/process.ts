/**
 * A role as a real process: started on free ports, awaited until ready, with a fault switch.
 *
 * Every process that is started here is stopped here: `stopAll` in `afterEach` leaves no orphan, also after
 * a failed test.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { followParent, mallocEnvironment, nodeOptions } from '../../../dataplane/main/process-options.ts'

const program = fileURLToPath(new URL('../../../dataplane/main/anabranch.ts', import.meta.url))
const readyTimeoutMs = 60_000
const pollMs = 20
/** Compiled modules of the program: a process starts in a quarter of the time. Written at a clean exit only. */
const environment = {
  ...process.env,
  ...mallocEnvironment,
  NODE_COMPILE_CACHE: join(tmpdir(), 'anabranch-compile-cache'),
}
let compiled: Promise<unknown> | undefined

export interface RoleProcess {
  readonly role: string
  /** From the first log line: `grpc`, `http`, `probes`. */
  readonly endpoints: Readonly<Record<string, string>>
  readonly pid: number
  /** All that it logged so far. */
  log(): string
  /** kill -9, and the process is gone when it resolves. */
  kill(): Promise<void>
  /** SIGTERM; resolves with the exit code. */
  terminate(): Promise<number | null>
  /** SIGSTOP and SIGCONT: alive, silent. */
  pause(): void
  resume(): void
}

const started = new Set<ChildProcess>()

/** Starts a role and waits until `/readyz` is 200. Throws with its log when it ends before. */
export async function startRole(role: string, flags: Readonly<Record<string, string | number>>): Promise<RoleProcess> {
  const argv = Object.entries({ 'probe-port': 0, ...flags }).flatMap(([name, value]) => [`--${name}`, String(value)])
  compiled ??= once(
    spawn(process.execPath, [...nodeOptions, program, '--version'], { stdio: 'ignore', env: environment }),
    'exit',
  )
  await compiled
  const child = spawn(process.execPath, [...nodeOptions, ...followParent, program, role, ...argv], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: environment,
  })
  started.add(child)
  let log = ''
  child.stderr!.setEncoding('utf8').on('data', (chunk: string) => (log += chunk))
  const exited = once(child, 'exit').then(() => started.delete(child))
  const deadline = Date.now() + readyTimeoutMs
  const endpoints = await waitFor(
    deadline,
    child,
    () => firstLine(log),
    () => `${role} did not log that it serves:\n${log}`,
  )
  await waitFor(
    deadline,
    child,
    () => isReady(endpoints.probes!),
    () => `${role} is not ready:\n${log}`,
  )
  return {
    role,
    endpoints,
    pid: child.pid!,
    log: () => log,
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
    async terminate() {
      child.kill('SIGTERM')
      await exited
      return child.exitCode
    },
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
  }
}

/** Ends every process that is still running. */
export async function stopAll(): Promise<void> {
  await Promise.all(
    [...started].map(async (child) => {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    }),
  )
  started.clear()
}

function firstLine(log: string): Record<string, string> | undefined {
  for (const line of log.split('\n')) {
    if (!line.includes('"msg":"serving"')) continue
    const { msg: _msg, level: _level, time: _time, ...fields } = JSON.parse(line)
    return fields as Record<string, string>
  }
  return undefined
}

async function isReady(address: string): Promise<true | undefined> {
  const answer = await fetch(`http://${address}/readyz`).catch(() => undefined)
  return answer?.status === 200 ? true : undefined
}

async function waitFor<Found>(
  deadline: number,
  child: ChildProcess,
  find: () => Found | undefined | Promise<Found | undefined>,
  failure: () => string,
): Promise<Found> {
  for (;;) {
    const found = await find()
    if (found !== undefined) return found
    if (child.exitCode !== null || child.signalCode !== null || Date.now() > deadline) throw new Error(failure())
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
}
