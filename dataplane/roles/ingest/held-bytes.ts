/**
 * The bound on memory: bytes of all bodies from their first byte until their reply.
 *
 * What would pass it is refused at once with 503; nothing is queued outside it (ING-2 is about shards:
 * it is the log that may make ingest wait, and then memory must hold). Bodies that come slowly do not
 * keep others out: where memory is short, the one that has been coming for longest gives way.
 */
import { UnavailableError, unavailable } from '../../../common/errors/errors.ts'
import type { Clock } from '../../core/ports.ts'
import { ingestHttpLimits } from './limits.ts'

export interface HeldShare {
  /** Aborted when the body has to give way. */
  readonly slow: AbortSignal
  /** Throws `UnavailableError` `INGEST_BUSY`. */
  reserve(bytes: number): void
  /** The body is there: from now on it stays. */
  received(): void
  /** Gives back all of it. */
  release(): void
}

interface Receiving {
  /** Monotonic ms. */
  readonly since: number
  giveWay(): void
}

export class HeldBytes {
  readonly #max: number
  readonly #clock: Clock
  /** Longest first. */
  readonly #receiving = new Set<Receiving>()
  #held = 0

  constructor(max: number, clock: Clock) {
    this.#max = max
    this.#clock = clock
  }

  get held(): number {
    return this.#held
  }

  /** A share for one request, empty at first. */
  share(): HeldShare {
    const controller = new AbortController()
    let mine = 0
    const release = () => {
      this.#receiving.delete(receiving)
      this.#held -= mine
      mine = 0
    }
    const receiving: Receiving = {
      since: this.#clock.monotonic(),
      giveWay: () => {
        release()
        controller.abort(new UnavailableError('INGEST_BUSY', 'memory is short and this body comes slowly'))
      },
    }
    this.#receiving.add(receiving)
    return {
      slow: controller.signal,
      reserve: (bytes) => {
        this.#makeRoom(bytes, receiving)
        mine += bytes
        this.#held += bytes
      },
      received: () => void this.#receiving.delete(receiving),
      release,
    }
  }

  #makeRoom(bytes: number, asking: Receiving): void {
    const slowSince = this.#clock.monotonic() - ingestHttpLimits.slowBodyMs
    for (const other of this.#receiving) {
      if (this.#held + bytes <= this.#max) return
      if (other.since > slowSince) break
      if (other !== asking) other.giveWay()
    }
    if (this.#held + bytes > this.#max) {
      unavailable('INGEST_BUSY', `${this.#held} of ${this.#max} bytes of bodies are held`)
    }
  }
}
