/**
 * The text of a body becomes the events in it, as parsed JSON, each still to be validated.
 *
 * Events, lists and objects are bounded before they are built. A line of NDJSON that is no JSON spoils
 * only itself; anything else is refused whole, since nothing says where the next event would begin.
 */
import { UserError } from '../../../common/errors/errors.ts'
import { ingestHttpLimits } from './limits.ts'

/** A line that is no JSON, in the place of its event. */
export class UnreadableLine {
  readonly message: string

  constructor(message: string) {
    this.message = message
  }
}

/** A JSON array of events, or one event. Throws `UserError` `REQUEST_INVALID`, `REQUEST_TOO_LARGE`. */
export function eventsOfJson(text: string): readonly unknown[] {
  boundContainers(text)
  const parsed = parse(text)
  if (parsed instanceof UnreadableLine)
    throw new UserError('REQUEST_INVALID', `the body is not JSON: ${parsed.message}`)
  const events = Array.isArray(parsed) ? parsed : [parsed]
  boundEvents(events.length)
  return events
}

/** One event a line; empty lines are skipped. Throws `UserError` `REQUEST_TOO_LARGE`. */
export function eventsOfLines(text: string): readonly unknown[] {
  boundContainers(text)
  const events: unknown[] = []
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start)
    const end = newline < 0 ? text.length : newline
    const line = text.slice(start, end).trim()
    if (line !== '') {
      boundEvents(events.length + 1)
      events.push(parse(line))
    }
    start = end + 1
  }
  return events
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    return new UnreadableLine((error as Error).message)
  }
}

function boundEvents(events: number): void {
  const { eventsMax } = ingestHttpLimits
  if (events > eventsMax) {
    throw new UserError('REQUEST_TOO_LARGE', `request exceeds max limit of ${eventsMax} events`, { status: 413 })
  }
}

/** Counts every `{` and `[`, which is fast and at worst too much, and only then those outside of strings. */
function boundContainers(text: string): void {
  const { containersMax } = ingestHttpLimits
  if (text.length <= containersMax) return
  const left = containersMax - occurrences(text, '{', containersMax)
  if (left >= 0 && occurrences(text, '[', left) <= left) return
  if (containersOf(text) > containersMax) {
    throw new UserError('REQUEST_TOO_LARGE', `request exceeds max limit of ${containersMax} lists and objects`, {
      status: 413,
    })
  }
}

/** At most `max + 1`. */
function occurrences(text: string, character: string, max: number): number {
  let count = 0
  for (let at = text.indexOf(character); at >= 0 && count <= max; at = text.indexOf(character, at + 1)) count++
  return count
}

function containersOf(text: string): number {
  let count = 0
  let inString = false
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit === quote) inString = !inString
    else if (!inString) count += unit === brace || unit === bracket ? 1 : 0
    else if (unit === backslash) at++
  }
  return count
}

const quote = 0x22
const backslash = 0x5c
const brace = 0x7b
const bracket = 0x5b
