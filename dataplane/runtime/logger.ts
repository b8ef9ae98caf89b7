/**
 * The real logger: one JSON object a line, `{ time, level, message, …fields }`, `time` in ms.
 *
 * A field that does not serialise never costs the line: it is replaced by its text.
 */
import type { Clock, Logger } from '../core/ports.ts'

/** A logger that hands finished lines (with their newline) to `write`, for example `(line) => process.stderr.write(line)`. */
export function lineLogger(clock: Clock, write: (line: string) => void): Logger {
  const log = (level: string) => (message: string, fields?: Readonly<Record<string, unknown>>) => {
    write(`${line({ time: clock.now(), level, message, ...fields })}\n`)
  }
  return { info: log('info'), warn: log('warn'), error: log('error') }
}

function line(entry: Readonly<Record<string, unknown>>): string {
  try {
    return JSON.stringify(entry, plain)
  } catch {
    return JSON.stringify(Object.fromEntries(Object.entries(entry).map(([key, value]) => [key, String(value)])))
  }
}

function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Error) return { name: value.name, message: value.message, stack: value.stack }
  return value
}
