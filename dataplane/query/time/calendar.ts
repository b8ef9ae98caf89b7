/**
 * Calendar arithmetic on day numbers (days since 1970-01-01, proleptic Gregorian calendar) and the
 * text forms of times. Pure numbers: zones are in `zone.ts`.
 *
 * Method: days from civil date by 400-year eras (Howard Hinnant, "chrono-Compatible Low-Level Date
 * Algorithms").
 */
import { dayMs } from '../../schema/event.ts'
import { instantOf, type Zone } from './zone.ts'

export function dayNumber(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

/** Year and month (1 to 12) of a day number. */
export function yearMonth(day: number): { year: number; month: number } {
  const shifted = day + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month }
}

function daysInMonth(year: number, month: number): number {
  return month === 12 ? 31 : dayNumber(year, month + 1, 1) - dayNumber(year, month, 1)
}

/** Years 1000 to 9999: below, the clocks of `Intl` are read wrongly (two-digit years, years before Christ). */
const localForm = /^([1-9]\d{3})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{3}))?)?)?$/
const rfc3339Form = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d):(\d\d))$/

/** Local ms of `YYYY-MM-DD` or `YYYY-MM-DDTHH:MM[:SS[.mmm]]`; `undefined` when the text is neither or names no day. */
export function parseLocal(text: string): number | undefined {
  const match = localForm.exec(text)
  return match === null ? undefined : localMsOf(match)
}

/**
 * Instant of a time string: RFC 3339, or a local time in `zone`; `undefined` when it is neither.
 * Digits of a second past the third are dropped; a leap second (`:60`) is no time.
 */
export function parseTime(text: string, zone: Zone): number | undefined {
  // Most strings are no times: one look at the fifth character spares both expressions.
  if (text.length < 10 || text.charCodeAt(4) !== 0x2d) return undefined
  const match = rfc3339Form.exec(text)
  if (match === null) {
    const local = parseLocal(text)
    return local === undefined ? undefined : instantOf(zone, local)
  }
  const local = localMsOf(match)
  const [hours, minutes] = [Number(match[9] ?? 0), Number(match[10] ?? 0)]
  if (local === undefined || hours > 23 || minutes > 59) return undefined
  const offset = (hours * 60 + minutes) * 60_000
  return match[8] === '-' ? local + offset : local - offset
}

/** Groups 1 to 7 of a match: year, month, day, hour, minute, second, fraction. */
function localMsOf(match: RegExpExecArray): number | undefined {
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])]
  const [hour, minute, second] = [Number(match[4] ?? 0), Number(match[5] ?? 0), Number(match[6] ?? 0)]
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined
  if (hour > 23 || minute > 59 || second > 59) return undefined
  const millis = Number((match[7] ?? '0').slice(0, 3).padEnd(3, '0'))
  return dayNumber(year, month, day) * dayMs + (hour * 60 + minute) * 60_000 + second * 1000 + millis
}
