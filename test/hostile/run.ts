/**
 * Sends hostile requests to a server, so many at once, and holds each reply against what the case says.
 *
 * A 503 is the documented answer of a server whose memory for bodies is full; like any client it is
 * tried again after a pause, and must end in the reply that the case wants.
 */
import { realClock } from '../../dataplane/runtime/clock.ts'
import { RawConnection, type RawReply } from '../support/raw-http.ts'
import type { HostileCase, Step } from './case.ts'

export interface HostileOptions {
  readonly port: number
  readonly cases: Iterable<HostileCase>
  readonly atOnce: number
  /** ms within which a request that is not slow has its reply. */
  readonly deadlineMs: number
  /** The same for those that are; above the time for a request to arrive. */
  readonly slowDeadlineMs: number
  readonly onProgress?: (done: number) => void
}

export interface HostileReport {
  readonly sent: number
  readonly byKind: ReadonlyMap<string, number>
  readonly failures: readonly string[]
  /** Insert ids that must be in the log. */
  readonly stored: readonly string[]
  readonly busy: number
  /** Longest time to a reply, of requests that are not slow. */
  readonly longestMs: number
}

const busyPauseMs = 50
const triesMax = 200

export async function runHostile(options: HostileOptions): Promise<HostileReport> {
  const run = new Run(options)
  const cases = options.cases[Symbol.iterator]()
  const worker = async () => {
    for (let next = cases.next(); next.done !== true; next = cases.next()) await run.send(next.value)
  }
  await Promise.all(Array.from({ length: options.atOnce }, worker))
  return run.report()
}

class Run {
  readonly #options: HostileOptions
  readonly #byKind = new Map<string, number>()
  readonly #failures: string[] = []
  readonly #stored: string[] = []
  #sent = 0
  #busy = 0
  #longestMs = 0

  constructor(options: HostileOptions) {
    this.#options = options
  }

  report(): HostileReport {
    const [sent, busy, longestMs] = [this.#sent, this.#busy, this.#longestMs]
    return { sent, busy, longestMs, byKind: this.#byKind, failures: this.#failures, stored: this.#stored }
  }

  async send(one: HostileCase): Promise<void> {
    this.#byKind.set(one.kind, (this.#byKind.get(one.kind) ?? 0) + 1)
    let reply: RawReply | 'late' | undefined
    for (let tries = 0; tries < triesMax; tries++) {
      reply = await this.#try(one)
      if (reply === undefined || reply === 'late' || reply.status !== 503) break
      this.#busy++
      if (reply.headers['retry-after'] === undefined) break
      await realClock.sleep(busyPauseMs)
    }
    const problem = problemOf(one, reply)
    if (problem !== undefined) this.#failures.push(`${one.kind}: ${problem}`)
    this.#stored.push(...one.stored)
    this.#sent++
    this.#options.onProgress?.(this.#sent)
  }

  async #try(one: HostileCase): Promise<RawReply | 'late' | undefined> {
    const { port, deadlineMs, slowDeadlineMs } = this.#options
    const started = realClock.monotonic()
    const connection = await RawConnection.open(port)
    const over = new AbortController()
    try {
      perform(connection, one.steps, over.signal).catch(() => undefined)
      const late = realClock.sleep(one.isSlow ? slowDeadlineMs : deadlineMs, over.signal).then(
        () => 'late' as const,
        () => undefined,
      )
      const reply = await Promise.race([connection.reply({ toHead: one.isHead === true }), late])
      if (!one.isSlow) this.#longestMs = Math.max(this.#longestMs, realClock.monotonic() - started)
      return reply
    } finally {
      over.abort()
      connection.destroy()
    }
  }
}

async function perform(connection: RawConnection, steps: readonly Step[], signal: AbortSignal): Promise<void> {
  for (const step of steps) {
    if (step === 'finish') {
      connection.end()
    } else if (step instanceof Uint8Array) {
      await connection.sent(step)
    } else {
      for (const byte of step.drip) {
        await realClock.sleep(step.everyMs, signal)
        connection.send(Uint8Array.of(byte))
      }
    }
  }
}

function problemOf({ status, body }: HostileCase, reply: RawReply | 'late' | undefined): string | undefined {
  if (reply === 'late') return `no reply in time, want ${status}`
  if (reply === undefined) return `no reply, want ${status}`
  if (reply.status !== status) return `got ${reply.status} ${reply.body.slice(0, 200)}, want ${status}`
  if (body !== undefined && !body.test(reply.body))
    return `got ${reply.body.slice(0, 300)}, want ${String(body).slice(0, 300)}`
  return undefined
}
