/**
 * A request as handlers see it, without the server that read it.
 */

export interface HttpRequest {
  readonly method: string
  /** Without the query and without a slash at its end; not unescaped. */
  readonly path: string
  /** What stands after the `?`; not unescaped. */
  readonly query: string
  /** Of the socket: a proxy's, where there is one. */
  readonly remoteAddress: string
  /** Aborted when the client leaves before it has its reply. */
  readonly signal: AbortSignal
  /** `name` in lower case. */
  header(name: string): string | undefined
  /**
   * The body as sent, not yet decompressed; once only.
   * Throws `UserError` `REQUEST_TOO_LARGE`, `ClientLeft`, what `reserve` throws, or the reason of `signal`.
   */
  body(options: BodyOptions): Promise<Buffer>
}

export interface BodyOptions {
  readonly bytesMax: number
  /** Called for bytes before they are kept; throws to refuse the request. */
  reserve(bytes: number): void
  /** Gives up a body that is still coming. */
  readonly signal?: AbortSignal
}

/** The client closed the connection: nobody waits for a reply. */
export class ClientLeft extends Error {
  override readonly name = 'ClientLeft'

  constructor() {
    super('the client left before its request was complete')
  }
}
