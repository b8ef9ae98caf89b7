/**
 * An order in which users really do things: the three names whose funnel tells most.
 *
 * Looks at the names with most events and at some thousands of users; each ordered triple is counted as a funnel counts
 * (first entry, then the next of each). What tells most: many users get through, some stop at each step, and the order
 * is one that users have more often than its reverse.
 *
 * Does not: count for an answer. The engine and the oracle do that.
 */
import type { StoredEvent } from '../../oracle/event.ts'

export interface Journey {
  /** Two or three names; the same name again where there is no other. */
  readonly steps: readonly string[]
  readonly windowMs: number
}

const namesMax = 8
const usersMax = 3_000
const dayMs = 86_400_000
/** So that a step that everybody takes, or nobody, is not worth nothing. */
const tie = 0.02

/** `names`: the most frequent first. `undefined` when no event has a user. */
export function journeyOf(
  events: readonly StoredEvent[],
  names: readonly string[],
  rangeMs: number,
): Journey | undefined {
  const withUser = new Set(events.filter(({ distinct_id }) => distinct_id !== '').map(({ event }) => event))
  const chosen = names.filter((name) => withUser.has(name)).slice(0, namesMax)
  if (chosen.length === 0) return undefined
  const users = timesByUser(events, chosen)
  const windowMs = rangeMs <= 60 * dayMs ? 7 * dayMs : rangeMs <= 730 * dayMs ? 30 * dayMs : 90 * dayMs
  for (const window of [windowMs, 366 * dayMs]) {
    const steps = best(countFunnels(users, chosen.length, window), chosen)
    if (steps !== undefined) return { steps, windowMs: window }
  }
  return { steps: [chosen[0]!, chosen[0]!], windowMs: 366 * dayMs }
}

/** Per user the times of each name, ascending. A deterministic sample: every so many of the sorted users. */
function timesByUser(events: readonly StoredEvent[], names: readonly string[]): number[][][] {
  const codes = new Map(names.map((name, code) => [name, code]))
  const users = new Map<string, number[][]>()
  for (const { distinct_id, event, time } of events) {
    const code = codes.get(event)
    if (code === undefined || distinct_id === '') continue
    let times = users.get(distinct_id)
    if (times === undefined) {
      times = names.map(() => [])
      users.set(distinct_id, times)
    }
    times[code]!.push(time)
  }
  const every = Math.ceil(users.size / usersMax)
  const sample = [...users]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .filter((_, index) => index % every === 0)
    .map(([, times]) => times)
  for (const times of sample) for (const list of times) list.sort((a, b) => a - b)
  return sample
}

interface Counts {
  /** Users with name a. */
  readonly one: readonly number[]
  /** Users with b after their first a, at `a * names + b`; likewise with three. */
  readonly two: Uint32Array
  readonly three: Uint32Array
}

function countFunnels(users: readonly number[][][], names: number, windowMs: number): Counts {
  const one = new Array<number>(names).fill(0)
  const two = new Uint32Array(names ** 2)
  const three = new Uint32Array(names ** 3)
  for (const times of users) {
    for (let a = 0; a < names; a++) {
      const first = times[a]![0]
      if (first === undefined) continue
      one[a]!++
      for (let b = 0; b < names; b++) {
        if (b === a) continue
        const second = nextAfter(times[b]!, first)
        if (second === undefined || second > first + windowMs) continue
        two[a * names + b]!++
        for (let c = 0; c < names; c++) {
          if (c === a || c === b) continue
          const third = nextAfter(times[c]!, second)
          if (third !== undefined && third <= first + windowMs) three[(a * names + b) * names + c]!++
        }
      }
    }
  }
  return { one, two, three }
}

function best({ one, two, three }: Counts, names: readonly string[]): string[] | undefined {
  const count = names.length
  let found: number[] | undefined
  let most = 0
  const offer = (score: number, steps: number[]) => {
    if (score > most) [most, found] = [score, steps]
  }
  const pair = (a: number, b: number) => two[a * count + b]!
  const order = (a: number, b: number) => pair(a, b) / Math.max(1, pair(a, b) + pair(b, a))
  for (let a = 0; a < count; a++) {
    for (let b = 0; b < count; b++) {
      if (b === a || pair(a, b) === 0) continue
      const lost = 1 - pair(a, b) / one[a]! + tie
      // Two steps only where no third is ever reached.
      offer(pair(a, b) * lost * order(a, b) * 1e-6, [a, b])
      for (let c = 0; c < count; c++) {
        const through = three[(a * count + b) * count + c]!
        offer(through * lost * (1 - through / pair(a, b) + tie) * order(a, b) * order(b, c), [a, b, c])
      }
    }
  }
  return found?.map((index) => names[index]!)
}

function nextAfter(times: readonly number[], from: number): number | undefined {
  let [low, high] = [0, times.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (times[middle]! < from) low = middle + 1
    else high = middle
  }
  return times[low]
}
