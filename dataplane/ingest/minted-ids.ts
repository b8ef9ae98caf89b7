/**
 * Insert ids for events that bring none: `incarnation-request-index`, at most 36 of [A-Za-z0-9-].
 *
 * Upholds DED-1 for our own retries: an id is made once, before the append, and stays with its event,
 * so whoever repeats an append whose outcome is unknown repeats the id. A *client's* retry brings no id
 * and gets another one: only senders with ids of their own are deduped.
 */
import type { Random } from '../core/ports.ts'
import { randomHex } from '../core/random-hex.ts'

/** Digits of numbers: 16 of the incarnation, 11 for 2^53 requests and two dashes leave 7 for an index, 78 billion. */
const base = 36

export class MintedIds {
  readonly #incarnation: string
  #requests = 0

  /** One per process: the incarnation is drawn here. */
  constructor(random: Random) {
    this.#incarnation = randomHex(random, 8)
  }

  /** Starts a request: the function gives its ids, one after the other. */
  request(): () => string {
    const prefix = `${this.#incarnation}-${(this.#requests++).toString(base)}-`
    let index = 0
    return () => prefix + (index++).toString(base)
  }
}
