/**
 * The time of an event: a number of seconds or of milliseconds since 1970, told apart by size, and
 * never moved: a retry must fall on the same ms, or it would not be recognised (DED-1).
 */
import { eventLimits } from './limits.ts'
import { describe, refuse } from './refusal.ts'

const field = 'properties.time'

/**
 * Integer ms. Fractions (senders whose clock counts in float seconds or float ms) are rounded to the
 * nearest ms. Throws a `Refusal`.
 */
export function eventTime(raw: unknown, now: number): number {
  if (typeof raw !== 'number') {
    if (raw === undefined) refuse(field, 'missing', 'required: seconds or milliseconds since 1970')
    refuse(field, 'type', `got ${describe(raw)}, want a number: seconds or milliseconds since 1970`)
  }
  const { secondsBelow, timeMin, aheadMsMax } = eventLimits
  const time = Math.round(raw < secondsBelow ? raw * 1000 : raw)
  if (!(time >= timeMin)) {
    refuse(field, 'time', `got ${raw}, which is before 1971-01-01; send seconds or milliseconds since 1970`)
  }
  if (time > now + aheadMsMax) {
    refuse(field, 'time', `got ${raw}, more than an hour ahead of this server's clock (${now}); check the sender's`)
  }
  return time
}
