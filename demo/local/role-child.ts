/** One role as a child process: started, awaited until `/readyz` is 200, ended within a bound. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { mallocEnvironment, nodeOptions } from '../../dataplane/main/process-options.ts'

const program = join(import.meta.dirname, '../../dataplane/main/anabranch.ts')
/** Compiled modules: the second start of a process takes a fraction of the CPU time. Node keeps the folder right by itself. */
const compileCache = join(import.meta.dirname, '../../.anabranch/compiled')
const startTimeoutMs = 30_000
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
  const child = spawn(process.execPath, [...nodeOptions, program, role, ...argv], {
    stdio: ['ignore', 'ignore', 'pipe'],
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
      while (!(await isReady(said))) {
        if (hasEnded() || performance.now() > deadline) {
          const lines = said.trim().split('\n').slice(-linesShown).join('\n')
          throw new Error(`the ${role} process did not become ready; it said:\n${lines || '(nothing)'}`)
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

async function isReady(said: string): Promise<boolean> {
  const line = said.split('\n').find((one) => one.includes('"msg":"serving"'))
  if (line === undefined) return false
  const { probes } = JSON.parse(line) as { probes: string }
  const answer = await fetch(`http://${probes}/readyz`).catch(() => undefined)
  return answer?.status === 200
}
