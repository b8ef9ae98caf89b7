/** Work that is asked for often and done one at a time: however often it is asked for while it runs, it runs once more. */
import type { Logger } from '../../dataplane/core/ports.ts'

export class Passes {
  readonly #name: string
  readonly #work: () => Promise<void>
  readonly #logger: Logger
  #asked = false
  #running: Promise<void> | undefined
  #closed = false

  constructor(name: string, logger: Logger, work: () => Promise<void>) {
    this.#name = name
    this.#logger = logger
    this.#work = work
  }

  ask(): void {
    this.#asked = true
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#running
  }

  async #run(): Promise<void> {
    // Changes come in bursts: one pass for all that arrive in the same turn.
    await Promise.resolve()
    while (this.#asked && !this.#closed) {
      this.#asked = false
      await this.#work().catch((error: unknown) => this.#logger.warn(this.#name, { error }))
    }
  }
}
