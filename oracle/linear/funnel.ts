/**
 * Funnels for large streams: per entry a depth-first search that looks at few candidates per step.
 *
 * Why few suffice. Let e1 … ek be a chain and c an unused event that fits step i after e(i-1) and is no later than ei.
 * If no later ej is c, putting c in place of ei keeps a chain: c is inside the window, and the lower bound of e(i+1)
 * only falls. At most k - i later events can be in the way, so among the first k - i + 1 unused candidates one is free:
 * only those are tried, and none after the first that fits no later step (nothing can need it).
 */
import { byUser } from '../brute/funnel.ts'
import type { StoredEvent } from '../event.ts'
import { instant, selects } from '../filter.ts'
import type { FunnelQuery, FunnelResult } from '../query.ts'
import { lastAtOrBefore } from './search.ts'

interface Candidate {
  readonly time: number
  /** Bit i: the event matches step i. */
  readonly mask: number
  used: boolean
}

interface Search {
  readonly steps: number
  readonly grace: number
  readonly window: number
  /** Per step its events in order of time, and their times. */
  readonly byStep: readonly (readonly Candidate[])[]
  readonly times: readonly (readonly number[])[]
}

export function funnelLinear(events: readonly StoredEvent[], query: FunnelQuery): FunnelResult {
  const reached = query.steps.map(() => 0)
  for (const user of byUser(events, query.project)) {
    const level = levelLinear(user, query)
    for (let step = 0; step < level; step++) reached[step]++
  }
  return { steps: reached.map((users) => ({ users })) }
}

export function levelLinear(user: readonly StoredEvent[], query: FunnelQuery): number {
  const zone = query.timezone ?? 'UTC'
  const from = instant(query.from, zone)
  const to = instant(query.to, zone)
  const candidates: Candidate[] = []
  for (const event of user) {
    let mask = 0
    for (let i = 0; i < query.steps.length; i++) if (selects(query.steps[i], event, zone)) mask |= 1 << i
    if (mask !== 0) candidates.push({ time: event.time, mask, used: false })
  }
  candidates.sort((a, b) => a.time - b.time)
  const byStep = query.steps.map((_, i) => candidates.filter((candidate) => candidate.mask & (1 << i)))
  const search: Search = {
    steps: query.steps.length,
    grace: query.graceMs ?? 0,
    window: query.windowMs ?? 604_800_000,
    byStep,
    times: byStep.map((some) => some.map((candidate) => candidate.time)),
  }
  const inRange = byStep[0].filter((candidate) => candidate.time >= from && candidate.time < to)
  const entries = query.entry === 'latest' ? inRange : inRange.filter(({ time }) => time === inRange[0].time)
  let level = 0
  for (const entry of entries) {
    entry.used = true
    level = Math.max(level, longest(search, 1, { start: entry.time, last: entry.time }))
    entry.used = false
    if (level === search.steps) break
  }
  return level
}

/** Longest chain that goes on from `step` events, the last at `last`. */
function longest(search: Search, step: number, at: { start: number; last: number }): number {
  if (step === search.steps) return step
  const some = search.byStep[step]
  let best = step
  let tried = 0
  for (let i = lastAtOrBefore(search.times[step], at.last - search.grace - 1) + 1; i < some.length; i++) {
    const candidate = some[i]
    if (candidate.time > at.start + search.window) break
    if (candidate.used) continue
    candidate.used = true
    best = Math.max(best, longest(search, step + 1, { start: at.start, last: candidate.time }))
    candidate.used = false
    tried++
    const neededLater = candidate.mask >>> (step + 1) !== 0
    if (best === search.steps || !neededLater || tried === search.steps - step) break
  }
  return best
}
