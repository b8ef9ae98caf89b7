/**
 * One hostile request: what is sent on a connection of its own, the reply that the reference page
 * promises, and the events that must be in the log afterwards.
 */
import type { SeededRandom } from '../../sim/random.ts'
import { rawRequest } from '../support/raw-http.ts'

/** Bytes; `finish` ends the sending side; `drip` sends its bytes one by one until there is a reply. */
export type Step = Uint8Array | 'finish' | { readonly drip: Uint8Array; readonly everyMs: number }

export interface HostileCase {
  readonly kind: string
  readonly steps: readonly Step[]
  readonly status: number
  /** What the body of the reply must match. */
  readonly body?: RegExp
  /** Insert ids of the events in it that are good. */
  readonly stored: readonly string[]
  /** A `HEAD`: the reply has no body. */
  readonly isHead?: boolean
  /** Answered only when the time for a request to arrive is over. */
  readonly isSlow?: boolean
}

/** What a generator of cases is given. */
export interface Setting {
  readonly random: SeededRandom
  /** ms since 1970, close to the clock of the server. */
  readonly now: number
  readonly token: string
  /** A new insert id, never given before. */
  newId(): string
}

export type Kind = (setting: Setting) => HostileCase

export interface SentEvent {
  event: unknown
  properties: Record<string, unknown>
}

export function goodEvent({ now }: Setting, id: string): SentEvent {
  return { event: 'Hostile', properties: { time: now, distinct_id: `user-${id}`, $insert_id: id } }
}

export function importHeaders({ token }: Setting, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { Authorization: `Basic ${token}:`, 'Content-Type': 'application/json', ...more }
}

/** `POST /import` with a body and the headers of a well-behaved client, and `more`. */
export function importing(
  setting: Setting,
  body: string | Uint8Array,
  more: Readonly<Record<string, string>> = {},
): Uint8Array {
  return rawRequest('POST /import?strict=1', importHeaders(setting, more), body)
}
