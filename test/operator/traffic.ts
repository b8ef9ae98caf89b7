/**
 * Events that come in and queries that are asked, without a pause, until it is stopped. A failure is one answer that is no acknowledgement or no
 * result, one that falls behind an earlier one, and one with more events than were sent. Nothing is tried again.
 */
import { realClock } from '../../dataplane/runtime/clock.ts'
import { type ClusterUser, eventsIn } from './cluster-user.ts'
import type { Exam } from './exam.ts'

const batchEvents = 20
/** The rate is not what is tested: one small core takes it beside everything else. */
const pauseMs = 200

export class Traffic {
  readonly failures: string[] = []
  imports = 0
  answers = 0
  readonly #user: ClusterUser
  readonly #exam: Exam
  readonly #stop = new AbortController()
  readonly #loops: Promise<void>[]

  constructor(user: ClusterUser, exam: Exam) {
    this.#user = user
    this.#exam = exam
    let [at, seen]: [unknown, number] = [undefined, 0]
    this.#loops = [
      this.#loop(async () => {
        await this.#user.send(this.#exam.draw(batchEvents))
        this.imports++
      }),
      this.#loop(async () => {
        const answer = await this.#user.ask(this.#exam.count, at)
        const events = eventsIn(answer.result)
        if (events < seen || events > this.#exam.events)
          throw new Error(`${events} events, after ${seen}, of ${this.#exam.events} sent`)
        at = answer.at
        seen = events
        this.answers++
      }),
    ]
  }

  async #loop(step: () => Promise<void>): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const begin = realClock.monotonic()
      await step().catch((error: unknown) => {
        this.failures.push(
          `${new Date(realClock.now()).toISOString()} after ${Math.round(realClock.monotonic() - begin)} ms: ${error} ${(error as Error).cause ?? ''}`,
        )
      })
      await realClock.sleep(pauseMs)
    }
  }

  /** Resolves when both have ended. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#loops)
  }
}
