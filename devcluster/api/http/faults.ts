/**
 * The switch of faults: which requests of the next ones go wrong, and how. All of them are things that API servers and the networks before
 * them have been seen to do.
 */
import type { WatchEvent } from '../../../operator/kube/api.ts'

export interface Seen {
  readonly method: string
  /** `true` for a watch, `false` for a list of the same path. */
  readonly watch: boolean
  readonly path: string
}

export type Fault =
  /** An answer of the server in front, before anything is done. */
  | { readonly kind: 'status'; readonly status: number; readonly reason: string; readonly retryAfterSeconds?: number }
  /** The connection is cut before anything is done. */
  | { readonly kind: 'reset' }
  /** The request is carried out, and the connection cut in place of the answer. */
  | { readonly kind: 'lostReply' }
  /** No answer ever, with the connection open. */
  | { readonly kind: 'hang' }
  /** A watch of which each event passes `change`: none, several, others. `resetAfter` cuts the connection after so many. */
  | {
      readonly kind: 'watch'
      readonly change?: (event: WatchEvent, count: number) => readonly (WatchEvent | string)[]
      readonly resetAfter?: number
    }

interface Rule {
  readonly matches: (seen: Seen) => boolean
  readonly fault: Fault
  left: number
}

export class Faults {
  readonly #rules: Rule[] = []

  /** The next `times` requests that match go wrong so. */
  add(fault: Fault, matches: (seen: Seen) => boolean = () => true, times = 1): void {
    this.#rules.push({ fault, matches, left: times })
  }

  clear(): void {
    this.#rules.length = 0
  }

  /** Faults that have not happened yet. */
  get left(): number {
    return this.#rules.reduce((sum, { left }) => sum + left, 0)
  }

  take(seen: Seen): Fault | undefined {
    const rule = this.#rules.find(({ left, matches }) => left > 0 && matches(seen))
    if (rule === undefined) return undefined
    rule.left--
    return rule.fault
  }
}
