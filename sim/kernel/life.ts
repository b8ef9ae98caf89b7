/**
 * One life of a simulated process: from a start to a crash. What it held in memory ends with it; its port
 * calls, under way or made later, are never answered.
 *
 * Does not: decide when to end (`scheduler.ts` asks the fault plan), or keep anything durable (disk and bucket do).
 */

import type { Code } from '../../common/errors/codes.ts'
import { unavailable } from '../../common/errors/errors.ts'

export class Life {
  /** The process: `log`, `shard-a`. */
  readonly name: string
  /** What labels and coverage call it: `log`, `shard`. */
  readonly kind: string
  /** Counts the lives of the process from 1. */
  readonly number: number
  /** Until what it was started for runs. */
  isOpening: () => boolean = () => true
  /** Virtual ms until which it stands still, as after SIGSTOP: nothing that it waits for reaches it before. */
  stoppedUntil = 0
  #alive = true
  #end!: () => void
  readonly #ended: Promise<void>

  constructor(name: string, kind: string, number: number) {
    this.name = name
    this.kind = kind
    this.number = number
    this.#ended = new Promise((resolve) => {
      this.#end = resolve
    })
  }

  get alive(): boolean {
    return this.#alive
  }

  /** What coverage calls an await of this process. */
  nameOf(label: string): string {
    return `${this.kind}${this.isOpening() ? ' opening' : ''} ${label}`
  }

  /** For the scheduler alone: use `Scheduler.crash`, which also drops what is under way. */
  end(): void {
    this.#alive = false
    this.#end()
  }

  /** What a caller in another process sees of a call to this one: its outcome, or `code` when the life ends first. */
  call<Result>(code: Code, run: () => Promise<Result>): Promise<Result> {
    const died = this.#ended.then(() => unavailable(code, `simulated: ${this} is down`))
    return this.#alive ? Promise.race([run(), died]) : died
  }

  toString(): string {
    return `${this.name}#${this.number}`
  }
}
