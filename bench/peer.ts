/**
 * A peer as the benchmark sees it: a child process that answers SQL with rows and a duration.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Engine, PeerReply } from './peer-process.ts'

export interface Timed {
  readonly ms: number
  /** CPU time of the process, of all its threads. */
  readonly cpuMs: number
  readonly rows: readonly (readonly string[])[]
}

export class Peer {
  readonly engine: Engine
  readonly #child: ChildProcess
  #waiting: ((reply: PeerReply) => void) | undefined

  constructor(engine: Engine, packages: string, data: string) {
    this.engine = engine
    mkdirSync(data, { recursive: true })
    // One thread of the engine is asked for in its own settings; the kernel is left to place it.
    this.#child = fork(join(import.meta.dirname, 'peer-process.ts'), [engine, packages, data], {
      serialization: 'json',
    })
    this.#child.on('message', (reply) => this.#answer(reply as PeerReply))
    this.#child.on('error', (error) => this.#answer({ error: error.message }))
    this.#child.on('exit', (code, signal) => this.#answer({ error: `the process ended (${signal ?? code})` }))
  }

  /** One statement at a time. Throws an `Error` with the engine's message. */
  async run(sql: string): Promise<Timed> {
    if (this.#waiting !== undefined) throw new Error(`${this.engine} is still busy`)
    const reply = await new Promise<PeerReply>((resolve) => {
      this.#waiting = resolve
      if (!this.#child.connected) this.#answer({ error: 'the process has ended' })
      else this.#child.send({ sql })
    })
    if ('error' in reply) throw new Error(`${this.engine}: ${explain(reply.error)}\nin: ${sql.slice(0, 400)}`)
    return reply
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.disconnect()
    await ended
  }

  #answer(reply: PeerReply): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.(reply)
  }
}

function explain(error: string): string {
  const locked = /lock|Failed to create connection/i.test(error)
  return locked ? `${error}\nAnother benchmark may be using these tables: wait until it has ended.` : error
}
