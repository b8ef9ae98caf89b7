/** Texts that name an instant: RFC 3339, or a local time of a zone. */
import { instantOf } from './zone.ts'

const localTime = /^([1-9]\d{3})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{3}))?)?)?$/
const offsetTime = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d):(\d\d))$/

const known = new Map<string, number | undefined>()

/** ms since 1970, or `undefined` when the text is no time. */
export function instantOfText(text: string, zone: string): number | undefined {
  const key = `${zone} ${text}`
  if (!known.has(key)) known.set(key, read(text, zone))
  return known.get(key)
}

function read(text: string, zone: string): number | undefined {
  const local = localTime.exec(text)
  if (local !== null) {
    const wall = wallTime(local)
    return wall === undefined ? undefined : instantOf(zone, wall)
  }
  const fixed = offsetTime.exec(text)
  if (fixed === null) return undefined
  const wall = wallTime(fixed)
  if (wall === undefined) return undefined
  const hours = Number(fixed[9] ?? 0)
  const minutes = Number(fixed[10] ?? 0)
  if (hours > 23 || minutes > 59) return undefined
  return wall - (fixed[8] === '-' ? -1 : 1) * (hours * 60 + minutes) * 60_000
}

/** The wall clock time in ms, `undefined` when no clock or calendar shows it. */
function wallTime(parts: RegExpExecArray): number | undefined {
  const [year, month, day, hours, minutes, seconds] = [1, 2, 3, 4, 5, 6].map((i) => Number(parts[i] ?? 0))
  if (hours > 23 || minutes > 59 || seconds > 59) return undefined
  const midnight = new Date(0)
  midnight.setUTCFullYear(year, month - 1, day)
  if (midnight.getUTCMonth() !== month - 1 || midnight.getUTCDate() !== day) return undefined
  const ms = Number((parts[7] ?? '').padEnd(3, '0').slice(0, 3))
  return midnight.getTime() + ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms
}
