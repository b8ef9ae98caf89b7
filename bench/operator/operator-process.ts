/** The operator as a process, told apart from others by its namespace, and what its metrics say. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { followParent, mallocEnvironment, nodeOptions } from '../../dataplane/main/process-options.ts'
import { MetricsPage } from './metrics-page.ts'

const program = join(import.meta.dirname, '..', '..', 'operator', 'main', 'main.ts')

export class OperatorProcess {
  readonly #child: ChildProcess
  readonly #exited: Promise<unknown>
  #log = ''
  #probes: string | undefined

  constructor(namespace: string) {
    const flags = { image: 'example.com/anabranch:bench', namespace, 'lease-namespace': namespace, 'probe-port': '0' }
    const argv = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value])
    this.#child = spawn(process.execPath, [...nodeOptions, ...followParent, program, ...argv], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...mallocEnvironment },
    })
    this.#exited = once(this.#child, 'exit')
    this.#child.stderr!.setEncoding('utf8').on('data', (chunk: string) => {
      // The end is what a failure is explained with; a whole run is long.
      this.#log = (this.#log + chunk).slice(-100_000)
      this.#probes ??= /"probes":"([^"]+)"/.exec(this.#log)?.[1]
    })
  }

  /** Throws with the end of its log when it has ended. */
  async metrics(): Promise<MetricsPage> {
    for (;;) {
      if (this.#child.exitCode !== null) throw new Error(`the operator ended:\n${this.#log.slice(-2000)}`)
      const page = this.#probes && (await fetch(`http://${this.#probes}/metrics`).catch(() => undefined))
      if (page) return new MetricsPage(await page.text())
      await pause(20)
    }
  }

  /** Resolves with the metrics when `holds` says so of them. */
  async until(holds: (page: MetricsPage) => boolean): Promise<MetricsPage> {
    for (;;) {
      const page = await this.metrics()
      if (holds(page)) return page
      await pause(200)
    }
  }

  /** Resolves with the metrics once nothing was written and nothing was due for `quietMs`. */
  async idle(quietMs: number): Promise<MetricsPage> {
    let [written, since] = [-1, performance.now()]
    return this.until((page) => {
      const now = page.sum('anabranch_operator_writes_total', 'result="written"')
      if (now !== written || page.sum('workqueue_depth') > 0) [written, since] = [now, performance.now()]
      return performance.now() - since >= quietMs
    })
  }

  async end(): Promise<void> {
    this.#child.kill('SIGTERM')
    await this.#exited
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
