/** The operator as a process of its own, for one namespace: started, killed, stopped. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { followParent } from '../../../dataplane/main/process-options.ts'
import { settled } from '../until.ts'

const program = fileURLToPath(new URL('../../../operator/main/main.ts', import.meta.url))

export class OperatorProcess {
  readonly #namespace: string
  #child: ChildProcess | undefined
  #said = ''

  constructor(namespace: string) {
    this.#namespace = namespace
    process.once('exit', () => this.#child?.kill('SIGKILL'))
  }

  /** Resolves when it runs; it may take the time of a lease until it leads. */
  async start(): Promise<void> {
    const flags = ['--image', 'anabranch:dev', '--namespace', this.#namespace, '--lease-namespace', this.#namespace]
    this.#said = ''
    this.#child = spawn(process.execPath, [...followParent, program, ...flags, '--probe-port', '0'], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'anabranch-compile-cache') },
    })
    this.#child.stderr!.setEncoding('utf8').on('data', (chunk: string) => {
      this.#said += chunk
    })
    await settled(() => this.#said.includes('"running"') || this.#child?.exitCode !== null, 30_000)
    if (this.#child.exitCode !== null) throw new Error(`the operator ended:\n${this.#said}`)
  }

  leads(): boolean {
    return this.#said.includes('"leading"')
  }

  /** Reconciles of clusters that it has finished. */
  async reconciles(): Promise<number> {
    const probes = /"probes":"([^"]+)"/.exec(this.#said)?.[1]
    const text = await (await fetch(`http://${probes}/metrics`)).text()
    const lines = text
      .split('\n')
      .filter((line) => line.startsWith('controller_runtime_reconcile_total{controller="clusters"'))
    return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
  }

  /** All that it logged since it was started. */
  get log(): string {
    return this.#said
  }

  get pid(): number {
    return this.#child!.pid!
  }

  /** kill -9. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** SIGTERM: it gives its Lease back. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM')
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
  }
}
