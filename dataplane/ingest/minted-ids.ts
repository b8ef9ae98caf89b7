/**
 * Insert ids for events that bring none: `incarnation-request-index`, at most 36 of [A-Za-z0-9-].
 *
 * Upholds DED-1 for our own retries: an id is made once, before the append, and stays with its event,
 * so whoever repeats an append whose outcome is unknown repeats the id. A *client's* retry brings no id
 * and gets another one: only senders with ids of their own are deduped.
 */
import type { Random } from '../core/ports.ts'

/** 16 hex digits, two dashes, 11 digits of a request number up to 2^53, and this many of an index. */
const indexDigitsMax = 7
const base = 36

export class MintedIds {
  readonly #incarnation: string
  #requests = 0

  /** One per process: the incarnation is drawn here. */
  constructor(random: Random) {
    this.#incarnation = Array.from(random.bytes(8), (byte) => byte.toString(16).padStart(2, '0')).join('')
  }

  /** Starts a request: the function gives its ids, one after the other. */
  request(): () => string {
    const prefix = `${this.#incarnation}-${(this.#requests++).toString(base)}-`
    let index = 0
    return () => prefix + (index++ % base ** indexDigitsMax).toString(base)
  }
}
