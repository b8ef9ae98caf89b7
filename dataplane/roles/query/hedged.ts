/**
 * One question, several who can answer it: asks one, asks the next when the first fails or is slow, and takes
 * the first answer. The others are cancelled.
 *
 * Does not: know the network. Targets, calls and the judgement of errors come from the caller.
 */
import { assert } from '../../../common/errors/errors.ts'
import type { Clock } from '../../core/ports.ts'

/** `final`: no other target will do better. `next`: another may answer. `later`: as `next`, and the same may answer in a while. */
export type Judgement = 'final' | 'next' | 'later'

/** Reason of the signal of a call that was asked before the one that answered. */
export class Outrun extends Error {
  override readonly name = 'Outrun'
}

export interface HedgeOptions<Target, Answer> {
  readonly clock: Clock
  /** Ends the question; rejects with its reason. */
  readonly signal: AbortSignal
  /** Who could be asked, the best first; at least one. Called anew for each round. */
  readonly targets: () => readonly Target[]
  call(target: Target, signal: AbortSignal): Promise<Answer>
  judge(error: unknown): Judgement
  /** A second target is asked after so long without an answer; `undefined`: never for being slow. */
  readonly hedgeAfterMs: () => number | undefined
  /** Pause before all are asked again, when one of them said `later`. */
  readonly pauseMs: number
  /** Asked before a target is asked because another is slow; false: not this time. */
  readonly mayHedge: () => boolean
}

/** Throws the error that is final, or the last of a round in which none said `later`. */
export async function hedged<Target, Answer>(options: HedgeOptions<Target, Answer>): Promise<Answer> {
  for (;;) {
    options.signal.throwIfAborted()
    const round = new Round(options, options.targets())
    const outcome = await round.run()
    if ('answer' in outcome) return outcome.answer
    if (!outcome.errors.some((error) => options.judge(error) === 'later')) throw outcome.errors.at(-1)
    await options.clock.sleep(options.pauseMs, options.signal)
  }
}

type Outcome<Answer> = { readonly answer: Answer } | { readonly errors: readonly unknown[] }

type Happened<Answer> =
  | { readonly kind: 'answer'; readonly answer: Answer; readonly by: number }
  | { readonly kind: 'error'; readonly error: unknown }
  | { readonly kind: 'slow' }

/** Each target is asked at most once. */
class Round<Target, Answer> {
  readonly #options: HedgeOptions<Target, Answer>
  readonly #targets: readonly Target[]
  readonly #calls: AbortController[] = []
  readonly #running = new Set<Promise<Happened<Answer>>>()
  readonly #over = new AbortController()

  constructor(options: HedgeOptions<Target, Answer>, targets: readonly Target[]) {
    assert(targets.length > 0, 'a question without targets')
    this.#options = options
    this.#targets = targets
  }

  async run(): Promise<Outcome<Answer>> {
    const { judge, signal } = this.#options
    const errors: unknown[] = []
    let winner = -1
    try {
      this.#askNext()
      this.#watchSlow()
      for (;;) {
        const happened = await Promise.race(this.#running)
        if (happened.kind === 'answer') {
          winner = happened.by
          return { answer: happened.answer }
        }
        if (happened.kind === 'slow') {
          this.#hedge()
          continue
        }
        signal.throwIfAborted()
        if (judge(happened.error) === 'final') throw happened.error
        errors.push(happened.error)
        if (this.#calls.length < this.#targets.length) this.#askNext()
        else if (errors.length === this.#calls.length) return { errors }
      }
    } finally {
      this.#over.abort()
      for (const [call, controller] of this.#calls.entries()) {
        controller.abort(call < winner ? new Outrun('another replica answered first') : new Error('no longer wanted'))
      }
    }
  }

  #askNext(): void {
    const by = this.#calls.length
    const controller = new AbortController()
    this.#calls.push(controller)
    const signal = AbortSignal.any([this.#options.signal, controller.signal])
    this.#expect(
      this.#options.call(this.#targets[by]!, signal).then(
        (answer) => ({ kind: 'answer', answer, by }),
        (error: unknown) => ({ kind: 'error', error }),
      ),
    )
  }

  #watchSlow(): void {
    const ms = this.#targets.length > 1 ? this.#options.hedgeAfterMs() : undefined
    if (ms === undefined) return
    const slept = this.#options.clock.sleep(ms, this.#over.signal)
    // A sleep that is cut short is never looked at: the round is over.
    this.#expect(
      slept.then(
        () => ({ kind: 'slow' }),
        () => new Promise(() => {}),
      ),
    )
  }

  /** One call more, if no error has led to it already. */
  #hedge(): void {
    if (this.#calls.length === 1 && this.#options.mayHedge()) this.#askNext()
  }

  #expect(happening: Promise<Happened<Answer>>): void {
    const known: Promise<Happened<Answer>> = happening.finally(() => this.#running.delete(known))
    this.#running.add(known)
  }
}
