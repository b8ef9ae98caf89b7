/**
 * Funnels by the definition of a chain: every chain of every user is enumerated and checked against each clause.
 * Exponential; a dozen events of a user are enough.
 */
import type { StoredEvent } from '../event.ts'
import { instant, selects } from '../filter.ts'
import type { FunnelQuery, FunnelResult } from '../query.ts'

type Chain = readonly StoredEvent[]

export function funnel(events: readonly StoredEvent[], query: FunnelQuery): FunnelResult {
  const levels = byUser(events, query.project).map((user) => levelOf(user, query))
  return { steps: query.steps.map((_, i) => ({ users: levels.filter((level) => level > i).length })) }
}

/** Length of the user's longest chain that the entry rule allows. */
export function levelOf(user: readonly StoredEvent[], query: FunnelQuery): number {
  return allowedChains(user, query).reduce((longest, chain) => Math.max(longest, chain.length), 0)
}

/**
 * Time of the entry that time-to-convert starts from: that of the longest chains; of several, the one that the entry
 * rule names. `undefined` when the user never entered.
 */
export function entryTime(user: readonly StoredEvent[], query: FunnelQuery): number | undefined {
  const chains = allowedChains(user, query)
  const level = chains.reduce((longest, chain) => Math.max(longest, chain.length), 0)
  const entries = chains.filter((chain) => chain.length === level).map((chain) => chain[0].time)
  if (entries.length === 0) return undefined
  return query.entry === 'latest' ? Math.max(...entries) : Math.min(...entries)
}

function allowedChains(user: readonly StoredEvent[], query: FunnelQuery): Chain[] {
  const chains = chainsOf(user, query)
  if (query.entry === 'latest') return chains
  const earliest = Math.min(...chains.map((chain) => chain[0].time))
  return chains.filter((chain) => chain[0].time === earliest)
}

/** All chains of length 1 and more. */
function chainsOf(user: readonly StoredEvent[], query: FunnelQuery): Chain[] {
  const zone = query.timezone ?? 'UTC'
  const from = instant(query.from, zone)
  const to = instant(query.to, zone)
  const window = query.windowMs ?? 7 * 24 * 3_600_000
  const grace = query.graceMs ?? 0
  const fits = (chain: Chain, next: StoredEvent): boolean => {
    if (chain.includes(next) || !selects(query.steps[chain.length], next, zone)) return false
    if (chain.length === 0) return next.time >= from && next.time < to
    return next.time >= chain[chain.length - 1].time - grace && next.time <= chain[0].time + window
  }
  const all: Chain[] = []
  let ofLength: Chain[] = [[]]
  for (let length = 0; length < query.steps.length; length++) {
    ofLength = ofLength.flatMap((chain) => user.filter((event) => fits(chain, event)).map((event) => [...chain, event]))
    all.push(...ofLength)
  }
  return all
}

/** Visible events of the project by user, those without a user left out. */
export function byUser(events: readonly StoredEvent[], project: string): StoredEvent[][] {
  const users = new Map<string, StoredEvent[]>()
  for (const event of events) {
    if (event.duplicate || event.project !== project || event.distinct_id === '') continue
    const known = users.get(event.distinct_id)
    if (known === undefined) users.set(event.distinct_id, [event])
    else known.push(event)
  }
  return [...users.values()]
}
