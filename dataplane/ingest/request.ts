/**
 * One request on its way to the log: it is done when every record that holds a row of it is durable,
 * and failed as soon as one is not.
 */
export class PendingRequest {
  /** Size of its body. */
  readonly bytes: number
  /** Settles with the outcome for the sender. */
  readonly durable: Promise<void>
  #resolve!: () => void
  #reject!: (error: unknown) => void
  /** Records that hold rows of it and are not appended yet, and 1 while it is being placed. */
  #open = 1
  readonly #left: () => void

  /** `left` is called once, when no record with a row of it is open any more, failed or not. */
  constructor(bytes: number, left: () => void) {
    this.bytes = bytes
    this.#left = left
    this.durable = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  /** Another record will hold rows of it. */
  joined(): void {
    this.#open++
  }

  /** One of its records is durable, or all of it is placed. */
  finished(): void {
    if (--this.#open > 0) return
    this.#resolve()
    this.#left()
  }

  /** One of its records failed. Others may be durable: the unit of an acknowledgement is the event (ING-1). */
  failed(error: unknown): void {
    this.#reject(error)
    this.finished()
  }
}
