/**
 * A reply as a value: handlers make one, the server writes it.
 */

export interface HttpReply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** A stream is pulled only as fast as the client reads, and told to stop when the client leaves. */
  readonly body: string | Uint8Array | AsyncIterable<string | Uint8Array>
}

export function jsonReply(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): HttpReply {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify(value),
  }
}

export function textReply(status: number, body: string, headers: Readonly<Record<string, string>> = {}): HttpReply {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers }, body }
}
