/**
 * Limits of an HTTP server, units last: what a client may cost before its request is understood.
 */
export const httpLimits = {
  /** Request line and headers together: events that come in a query need some. Beyond it 431. */
  headerBytesMax: 32 * 1024,
  /** Beyond it 431. */
  headersMax: 100,
  /** Headers must have arrived so long after their first byte, else 408. */
  headersTimeoutMs: 10_000,
  /** A request must have arrived whole so long after its first byte, else 408. */
  requestTimeoutMs: 30_000,
  /** A connection on which nothing moves is closed, unless its request is being worked on. */
  idleTimeoutMs: 120_000,
  /** Between requests; longer than load balancers keep one, so that it is they who close. */
  keepAliveMs: 75_000,
  connectionsMax: 8_192,
  /** What is still read and thrown away of a body that was refused: closing at once could lose the reply. */
  discardBytesMax: 16 * 1024 * 1024,
  /** How long the reply to a malformed request has to reach the client. */
  lingerMs: 1_000,
} as const

export type HttpLimits = { readonly [name in keyof typeof httpLimits]: number }
