/**
 * Local time from nothing but "what do clocks in this zone show at this instant". No offset is ever assumed: an
 * instant with a wanted local time is *found* among the instants that every offset seen around it proposes.
 *
 * Local times are numbers of ms as if the wall clock were UTC.
 */

const hour = 3_600_000
/** No zone has been further than this from UTC since 1900. */
const farthest = 17 * hour

const clocks = new Map<string, Intl.DateTimeFormat>()
const shown = new Map<string, Map<number, number>>()

/** What a wall clock of the zone shows at the instant. */
export function wallClock(zone: string, instant: number): number {
  let clock = clocks.get(zone)
  if (clock === undefined) {
    clock = new Intl.DateTimeFormat('sv-SE', {
      timeZone: zone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    })
    clocks.set(zone, clock)
  }
  const text = clock.format(instant)
  const parts = /^(\d{3,5})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)$/.exec(text)
  if (parts === null) throw new Error(`oracle: the clock of ${zone} at ${instant} reads "${text}"`)
  const [, year, month, day, hours, minutes, seconds] = parts.map(Number)
  return Date.UTC(year, month - 1, day, hours, minutes, seconds) + (((instant % 1000) + 1000) % 1000)
}

/** The instant that a local time means: the earliest that shows it; in a gap, as far past the jump as the time is past the gap's start. */
export function instantOf(zone: string, local: number): number {
  const offsets = new Set<number>()
  const first = Math.floor((local - farthest) / hour) * hour
  for (let at = first; at <= local + farthest; at += hour) offsets.add(hourly(zone, at) - at)
  const found = [...offsets].map((offset) => local - offset).filter((instant) => wallClock(zone, instant) === local)
  return found.length > 0 ? Math.min(...found) : afterJump(zone, local)
}

function afterJump(zone: string, local: number): number {
  let before = local - farthest
  let after = local + farthest
  for (let at = before; at <= after; at += hour) if (wallClock(zone, at) < local) before = at
  after = before + hour
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2)
    if (wallClock(zone, middle) < local) before = middle
    else after = middle
  }
  return after + (local - (wallClock(zone, before) + 1))
}

/** `wallClock` at whole hours, remembered: neighbouring days ask for the same ones. */
function hourly(zone: string, instant: number): number {
  let known = shown.get(zone)
  if (known === undefined) {
    known = new Map()
    shown.set(zone, known)
  }
  let local = known.get(instant)
  if (local === undefined) {
    local = wallClock(zone, instant)
    known.set(instant, local)
  }
  return local
}
