/**
 * Time zones: the offset of local time from UTC at an instant, from `Intl` (the runtime's tz data).
 *
 * `Intl` costs microseconds a call, so offsets are remembered per UTC day; a day whose ends differ
 * keeps the instant of its change, found by bisection to the millisecond. (No zone has changed twice
 * within one UTC day since 1970.)
 *
 * Local times are written as *local ms*: the number that `Date.UTC` gives for the same digits.
 */
import { bug } from '../../../common/errors/errors.ts'
import { dayMs } from '../../schema/event.ts'

export interface Zone {
  readonly name: string
  /** `local ms - instant` at the instant, in ms. */
  offsetAt(instant: number): number
}

interface DayOffsets {
  readonly before: number
  readonly after: number
  /** First instant of `after`; past the day when the offset is the same all day. */
  readonly change: number
}

/** By name in lower case: names come from queries, and each spelling would keep a zone of its own. */
const zones = new Map<string, Zone>()
/** Days that a zone remembers at once, about 180 years: instants may come from the properties of events. */
const daysMax = 65_536

/** The zone of an IANA name, or `undefined` when the runtime does not know it. Names compare without case. */
export function findZone(name: string): Zone | undefined {
  // Offsets such as "+02:00" are known to Intl but are no IANA names. ASCII only: lower case must not make two names one.
  if (!/^[A-Za-z][A-Za-z0-9_+/-]*$/.test(name)) return undefined
  const key = name.toLowerCase()
  const known = zones.get(key)
  if (known !== undefined) return known
  const format = formatOf(name)
  if (format === undefined) return undefined
  const zone = new IntlZone(name, format)
  zones.set(key, zone)
  return zone
}

function formatOf(name: string): Intl.DateTimeFormat | undefined {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

class IntlZone implements Zone {
  readonly name: string
  readonly #format: Intl.DateTimeFormat
  readonly #days = new Map<number, DayOffsets>()

  constructor(name: string, format: Intl.DateTimeFormat) {
    this.name = name
    this.#format = format
  }

  offsetAt(instant: number): number {
    const offsets = this.#dayOf(Math.floor(instant / dayMs))
    return instant < offsets.change ? offsets.before : offsets.after
  }

  #dayOf(day: number): DayOffsets {
    const known = this.#days.get(day)
    if (known !== undefined) return known
    const start = day * dayMs
    const before = this.#ask(start)
    const after = this.#ask(start + dayMs)
    const change = before === after ? Number.POSITIVE_INFINITY : this.#bisect(start, start + dayMs, before)
    const offsets = { before, after, change }
    if (this.#days.size === daysMax) this.#days.clear()
    this.#days.set(day, offsets)
    return offsets
  }

  /** First instant in `(low, high]` whose offset is not `before`. */
  #bisect(low: number, high: number, before: number): number {
    let [same, other] = [low, high]
    while (other - same > 1) {
      const middle = Math.floor((same + other) / 2)
      if (this.#ask(middle) === before) same = middle
      else other = middle
    }
    return other
  }

  #ask(instant: number): number {
    const digits = this.#format.format(instant).match(/\d+/g)
    if (digits === null) bug(`zone ${this.name}: Intl gives no local time at ${instant}`)
    const [month, day, year, hour, minute, second] = digits.map(Number) as [
      number,
      number,
      number,
      number,
      number,
      number,
    ]
    // Years below 100 would be read as 19xx by Date.UTC; queries are limited to years 1000 to 9999.
    const local = Date.UTC(year, month - 1, day, hour, minute, second)
    return local - Math.floor(instant / 1000) * 1000
  }
}

/**
 * The instant of a local time. A local time that a change skips is the instant that the old offset
 * gives; one that occurs twice is the earlier (docs/reference/queries.md).
 */
export function instantOf(zone: Zone, localMs: number): number {
  const first = localMs - zone.offsetAt(localMs - windowMs)
  const second = localMs - zone.offsetAt(localMs + windowMs)
  const candidates = first <= second ? [first, second] : [second, first]
  for (const instant of candidates) {
    if (instant + zone.offsetAt(instant) === localMs) return instant
  }
  return first
}

/** No offset is further from UTC than this, so every instant of a local time lies within it. */
const windowMs = 16 * 3_600_000
