/**
 * How many queries run at a time on one replica, and whose is next (QRY-2).
 *
 * A query may hold tens of MB while it runs and all share one thread, so that more at a time are no faster
 * and only larger. Projects take turns, each first come first served, and no project has all places: a
 * question of another is never behind everything that one project asks.
 */

interface Waiting {
  readonly start: () => void
}

export class Turnstile {
  readonly #places: number
  /** Places taken, by project. */
  readonly #running = new Map<string, number>()
  /** Who waits, by project; the first project is the next. */
  readonly #waiting = new Map<string, Waiting[]>()
  #taken = 0

  constructor(places: number) {
    this.#places = places
  }

  get waiting(): number {
    return [...this.#waiting.values()].reduce((sum, { length }) => sum + length, 0)
  }

  /** Runs `act` when it is its turn. Rejects with `signal.reason` when aborted before. */
  async run<Result>(project: string, signal: AbortSignal, act: () => Promise<Result>): Promise<Result> {
    signal.throwIfAborted()
    await this.#enter(project, signal)
    try {
      return await act()
    } finally {
      this.#leave(project)
    }
  }

  #enter(project: string, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const abort = () => {
      this.#forget(project, waiting)
      reject(signal.reason)
    }
    const waiting: Waiting = {
      start: () => {
        signal.removeEventListener('abort', abort)
        resolve()
      },
    }
    const own = this.#waiting.get(project)
    if (own === undefined) this.#waiting.set(project, [waiting])
    else own.push(waiting)
    signal.addEventListener('abort', abort, { once: true })
    this.#admit()
    return promise
  }

  #leave(project: string): void {
    this.#taken--
    const left = this.#running.get(project)! - 1
    if (left === 0) this.#running.delete(project)
    else this.#running.set(project, left)
    this.#admit()
  }

  /** Fills free places, a project at a time. */
  #admit(): void {
    const most = Math.max(1, this.#places - 1)
    while (this.#taken < this.#places) {
      const next = [...this.#waiting].find(([project]) => (this.#running.get(project) ?? 0) < most)
      if (next === undefined) return
      const [project, [first]] = next
      this.#forget(project, first!)
      // The project's next one stands behind those of all others.
      const rest = this.#waiting.get(project)
      if (rest !== undefined) {
        this.#waiting.delete(project)
        this.#waiting.set(project, rest)
      }
      this.#taken++
      this.#running.set(project, (this.#running.get(project) ?? 0) + 1)
      first!.start()
    }
  }

  #forget(project: string, waiting: Waiting): void {
    const rest = this.#waiting.get(project)!.filter((other) => other !== waiting)
    if (rest.length === 0) this.#waiting.delete(project)
    else this.#waiting.set(project, rest)
  }
}
