/**
 * What a set of events is like, as far as questions are made of it: when they happened, which names are frequent, which
 * properties have few values, in which order users do things.
 *
 * A pure function of the events; the same events in another order give the same profile.
 */
import type { StoredEvent } from '../../oracle/event.ts'
import { type Journey, journeyOf } from './journey.ts'

export interface Profile {
  readonly events: number
  readonly users: number
  /** Whole UTC days that hold the middle 99 % of the events, or all where that is not much longer. */
  readonly from: number
  readonly to: number
  /** Most frequent first, at most 100. */
  readonly names: readonly NameFacts[]
  /** Property to break events of a name down by, for names that have one. */
  readonly breakdowns: readonly Breakdown[]
  readonly journey: Journey | undefined
}

export interface NameFacts {
  readonly name: string
  readonly events: number
}

export interface Breakdown {
  readonly event: string
  readonly property: string
  /** Bits that a picture of its most frequent values shows: how much they tell apart, times their share of the events. */
  readonly shownBits: number
}

export const dayMs = 86_400_000
/** Groups of a breakdown that are shown; the others are one. */
export const groupsShown = 6
const namesMax = 100
const valuesMin = 2
/** Properties with more values are lists of something, not kinds of it. */
const valuesMax = 60
/** Fewer events a value, and the values are ids. */
const eventsPerValueMin = 3
/** Share of a name's events that must carry a property. */
const presentMin = 0.5

export function profileOf(events: readonly StoredEvent[]): Profile {
  const { from, to } = rangeOf(events)
  const inRange = events.filter(({ time }) => time >= from && time < to)
  const names = namesOf(inRange)
  const users = new Set(inRange.map((event) => event.distinct_id))
  users.delete('')
  return {
    events: inRange.length,
    users: users.size,
    from,
    to,
    names,
    breakdowns: breakdownsOf(inRange, names),
    journey: journeyOf(
      inRange,
      names.map(({ name }) => name),
      to - from,
    ),
  }
}

function rangeOf(events: readonly StoredEvent[]): { from: number; to: number } {
  const times = Float64Array.from(events, ({ time }) => time).sort()
  if (times.length === 0) return { from: 0, to: dayMs }
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(share * times.length))]!
  const [first, last] = [times[0]!, times[times.length - 1]!]
  const [low, high] = [at(0.005), at(0.995)]
  const whole = last - first <= 1.5 * (high - low)
  const [from, to] = whole ? [first, last] : [low, high]
  return { from: Math.floor(from / dayMs) * dayMs, to: (Math.floor(to / dayMs) + 1) * dayMs }
}

function namesOf(events: readonly StoredEvent[]): NameFacts[] {
  const counts = new Map<string, number>()
  for (const { event } of events) counts.set(event, (counts.get(event) ?? 0) + 1)
  return [...counts]
    .map(([name, count]) => ({ name, events: count }))
    .sort((a, b) => b.events - a.events || (a.name < b.name ? -1 : 1))
    .slice(0, namesMax)
}

interface Values {
  present: number
  /** By JSON text; given up when there are too many. */
  counts: Map<string, number> | undefined
}

function breakdownsOf(events: readonly StoredEvent[], names: readonly NameFacts[]): Breakdown[] {
  const tables = new Map(names.map(({ name }) => [name, new Map<string, Values>()]))
  for (const { event, properties } of events) {
    const table = tables.get(event)
    if (table === undefined) continue
    for (const [property, value] of Object.entries(properties)) {
      const isLabel = typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number'
      let found = table.get(property)
      if (found === undefined) {
        found = { present: 0, counts: new Map() }
        table.set(property, found)
      }
      found.present++
      if (found.counts === undefined) continue
      // Numbers are for sums; those of very few values are kinds all the same.
      const key = isLabel ? JSON.stringify(value) : 'other'
      found.counts.set(key, (found.counts.get(key) ?? 0) + 1)
      if (found.counts.size > (typeof value === 'number' ? 6 : valuesMax)) found.counts = undefined
    }
  }
  return names.flatMap(({ name, events: count }) => {
    const best = [...tables.get(name)!]
      .flatMap(([property, { present, counts }]) => {
        if (counts === undefined || counts.size < valuesMin || present < presentMin * count) return []
        if (present < eventsPerValueMin * counts.size) return []
        return [{ event: name, property, shownBits: shownBits([...counts.values()], count) }]
      })
      .sort((a, b) => b.shownBits - a.shownBits || (a.property < b.property ? -1 : 1))
    return best.slice(0, 1)
  })
}

function shownBits(counts: readonly number[], events: number): number {
  const shown = [...counts].sort((a, b) => b - a).slice(0, groupsShown)
  const total = shown.reduce((a, b) => a + b, 0)
  const entropy = shown.reduce((sum, count) => sum - (count / total) * Math.log2(count / total), 0)
  return (entropy * total) / events
}
