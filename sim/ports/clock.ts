/** A process's clock: virtual time of the scheduler, with a wall clock that can be wrong and can jump. */
import type { Clock, Millis } from '../../dataplane/core/ports.ts'
import type { Life } from '../kernel/life.ts'
import type { Scheduler } from '../kernel/scheduler.ts'

export class ProcessClock implements Clock {
  readonly #scheduler: Scheduler
  readonly #life: Life | undefined
  #wall: Millis

  /** `start`: what the wall clock shows at virtual time 0. Without a life: the clock of the world. */
  constructor(scheduler: Scheduler, life: Life | undefined, start: Millis) {
    this.#scheduler = scheduler
    this.#life = life
    this.#wall = start
  }

  now(): Millis {
    return Math.floor(this.#wall + this.#scheduler.elapsed)
  }

  monotonic(): number {
    return this.#scheduler.elapsed
  }

  /** Moves the wall clock alone, back or forth. */
  jump(ms: number): void {
    this.#wall += ms
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      const abort = () => {
        takeBack()
        reject(signal?.reason)
      }
      const takeBack = this.#scheduler.add({
        life: this.#life,
        label: 'sleep',
        due: this.#scheduler.elapsed + Math.max(0, ms),
        outlives: false,
        fire: () => {
          signal?.removeEventListener('abort', abort)
          resolve()
        },
      })
      signal?.addEventListener('abort', abort, { once: true })
    })
  }
}
