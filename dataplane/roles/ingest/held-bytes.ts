/**
 * The bound on memory: bytes of all bodies from their first byte until their reply.
 *
 * What would pass it is refused at once with 503; nothing is queued outside it (ING-2 is about shards:
 * it is the log that may make ingest wait, and then memory must hold).
 */
import { unavailable } from '../../../common/errors/errors.ts'

export class HeldBytes {
  readonly #max: number
  #held = 0

  constructor(max: number) {
    this.#max = max
  }

  get held(): number {
    return this.#held
  }

  /** A share for one request, empty at first. */
  share(): HeldShare {
    let mine = 0
    return {
      reserve: (bytes) => {
        if (this.#held + bytes > this.#max) {
          unavailable('INGEST_BUSY', `${this.#held} of ${this.#max} bytes of bodies are held`)
        }
        mine += bytes
        this.#held += bytes
      },
      release: () => {
        this.#held -= mine
        mine = 0
      },
    }
  }
}

export interface HeldShare {
  /** Throws `UnavailableError` `INGEST_BUSY`. */
  reserve(bytes: number): void
  /** Gives back all of it. */
  release(): void
}
