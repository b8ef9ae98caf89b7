/**
 * The one pool of connections to an API server, made anew when the trusted authority or the client's certificate changes.
 *
 * Client libraries have been seen to open a connection for every request; here every request and watch shares one pool. Requests of the
 * old pool finish in peace. HTTP/1.1 only: a watch takes a connection, and nothing waits behind another's stream.
 */
import { Agent, type Dispatcher } from 'undici'
import type { Access, Credentials } from './access.ts'

export class Connection {
  readonly #access: Access
  #pool: { agent: Agent; identity: string } | undefined

  constructor(access: Access) {
    this.#access = access
  }

  /** Pool and headers for the next request. */
  async ready(): Promise<{ dispatcher: Dispatcher; headers: Record<string, string> }> {
    const credentials = await this.#access.credentials()
    const { token } = credentials
    return {
      dispatcher: this.#poolFor(credentials),
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    }
  }

  async close(): Promise<void> {
    await this.#pool?.agent.destroy()
    this.#pool = undefined
  }

  #poolFor({ ca, certificate, key }: Credentials): Agent {
    const identity = JSON.stringify([ca, certificate, key])
    if (this.#pool?.identity === identity) return this.#pool.agent
    const old = this.#pool?.agent
    const { serverName, skipVerify } = this.#access
    const agent = new Agent({
      allowH2: false,
      keepAliveTimeout: 30_000,
      // A watch may be silent for long; the reflector has a guard of its own that knows when bookmarks are due.
      bodyTimeout: 0,
      headersTimeout: 60_000,
      connect: {
        timeout: 10_000,
        ...(ca !== undefined && { ca }),
        ...(certificate !== undefined && { cert: certificate }),
        ...(key !== undefined && { key }),
        ...(serverName !== undefined && { servername: serverName }),
        ...(skipVerify && { rejectUnauthorized: false }),
      },
    })
    this.#pool = { agent, identity }
    old?.close().catch(() => {})
    return agent
  }
}
