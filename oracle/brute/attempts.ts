/**
 * Funnel totals: one user may enter again and again. A new attempt starts only when the one before has ended, by
 * conversion, by running out of its window, or by an excluded event, which is used up even if it could start the next.
 *
 * The engine does not offer this yet; vectors F7 and F8 of the query page stand here until it does.
 */
import type { Json, StoredEvent } from '../event.ts'
import { lookup, selects } from '../filter.ts'
import type { Reference, Selector } from '../query.ts'

export interface AttemptRules {
  readonly steps: readonly Selector[]
  readonly windowMs: number
  /** Ends an attempt that has entered and not converted. */
  readonly exclude?: Selector
  /** Property of the entry that the attempt is counted under. */
  readonly held?: Reference
  readonly zone?: string
}

export interface Attempt {
  readonly entry: number
  readonly held: Json | undefined
  readonly converted: boolean
}

/** Attempts of one user; events in order of time. */
export function attempts(user: readonly StoredEvent[], rules: AttemptRules): Attempt[] {
  const zone = rules.zone ?? 'UTC'
  const out: Attempt[] = []
  for (let at = 0; at < user.length; ) {
    if (!selects(rules.steps[0], user[at], zone)) {
      at++
      continue
    }
    const entry = user[at]
    const { converted, next } = follow(user, at, rules, zone)
    out.push({ entry: entry.time, held: rules.held && lookup(entry, rules.held, zone), converted })
    at = next
  }
  return out
}

/** From the entry on: does it convert, and which event is looked at next? */
function follow(user: readonly StoredEvent[], start: number, rules: AttemptRules, zone: string) {
  let step = 1
  for (let at = start + 1; at < user.length; at++) {
    if (step === rules.steps.length) return { converted: true, next: at }
    if (user[at].time > user[start].time + rules.windowMs) return { converted: false, next: at }
    if (selects(rules.steps[step], user[at], zone)) step++
    else if (rules.exclude !== undefined && selects(rules.exclude, user[at], zone)) {
      return { converted: false, next: at + 1 }
    }
  }
  return { converted: step === rules.steps.length, next: user.length }
}
