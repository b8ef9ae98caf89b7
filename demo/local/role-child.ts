/**
 * One role as a child process: started, awaited until `/readyz` is 200, ended within a bound.
 *
 * It outlives nobody: a parent that is killed leaves no orphan (`leash.ts`).
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { mallocEnvironment, nodeOptions } from '../../dataplane/main/process-options.ts'
import { Fault } from '../fault.ts'

const program = join(import.meta.dirname, '../../dataplane/main/anabranch.ts')
/** Compiled modules: the second start of a process takes a fraction of the CPU time. Node keeps the folder right by itself. */
const compileCache = join(import.meta.dirname, '../../.anabranch/compiled')
const leash = new URL('./leash.ts', import.meta.url).href
/** A laptop with other things to do takes long; one that waits for something is told apart by what it says. */
const startTimeoutMs = 60_000
const endTimeoutMs = 30_000
const pollMs = 50
/** Of what a process said, when it fails. */
const linesShown = 5

export interface RoleChild {
  readonly pid: number | undefined
  /** Resolves when the process has ended. */
  readonly gone: Promise<void>
  /** Throws with what the process said when it ends instead, or takes too long. */
  ready(): Promise<void>
  /** SIGTERM, and SIGKILL when that was not enough. */
  end(): Promise<void>
}

export function startChild(role: string, flags: Readonly<Record<string, string | number>>): RoleChild {
  const argv = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, String(value)])
  const child = spawn(process.execPath, [...nodeOptions, '--import', leash, program, role, ...argv], {
    stdio: ['pipe', 'ignore', 'pipe'],
    env: { NODE_COMPILE_CACHE: compileCache, ...process.env, ...mallocEnvironment },
  })
  const gone = once(child, 'exit').then(() => {})
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null
  // Until it serves all is kept; then only the end, which says why when it dies.
  let said = ''
  let serves = false
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    said = serves ? (said + chunk).slice(-16_384) : said + chunk
  })
  return {
    pid: child.pid,
    gone,
    async ready() {
      const deadline = performance.now() + startTimeoutMs
      for (let state = await readiness(said); state !== 'ready'; state = await readiness(said)) {
        if (hasEnded() || performance.now() > deadline) {
          const lines = said.trim().split('\n').slice(-linesShown).join('\n')
          throw new Fault(`the ${role} process did not become ready (${state}); it said:\n${lines || '(nothing)'}`)
        }
        await new Promise((resolve) => setTimeout(resolve, pollMs))
      }
      serves = true
    },
    async end() {
      if (hasEnded()) return
      child.kill('SIGTERM')
      const late = setTimeout(() => child.kill('SIGKILL'), endTimeoutMs)
      await gone
      clearTimeout(late)
    },
  }
}

/** `ready`, or why not yet. */
async function readiness(said: string): Promise<string> {
  const line = said.split('\n').find((one) => one.includes('"msg":"serving"'))
  if (line === undefined) return 'it does not serve'
  const { probes } = JSON.parse(line) as { probes: string }
  const answer = await fetch(`http://${probes}/readyz`).catch(() => undefined)
  if (answer?.status === 200) return 'ready'
  return answer === undefined ? 'its probes do not answer' : `/readyz: ${answer.status} ${await answer.text()}`
}
