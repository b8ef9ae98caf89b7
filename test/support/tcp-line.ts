/** A line between a client and a server that a test can cut, or let fall silent with its connections open. */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

export class TcpLine {
  readonly #server: Server
  readonly #pairs = new Set<readonly [Socket, Socket]>()
  #silent = false

  constructor(host: string, port: number) {
    this.#server = createServer((client) => {
      const server = connect({ host, port })
      const pair = [client, server] as const
      this.#pairs.add(pair)
      for (const [from, to] of [
        [client, server],
        [server, client],
      ] as const) {
        from.on('data', (chunk) => {
          if (!this.#silent) to.write(chunk)
        })
        from.on('error', () => {})
        from.on('close', () => {
          to.destroy()
          this.#pairs.delete(pair)
        })
      }
    })
  }

  /** Resolves with the port to connect to. */
  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return (this.#server.address() as AddressInfo).port
  }

  get connections(): number {
    return this.#pairs.size
  }

  cut(): void {
    for (const [client, server] of this.#pairs) {
      client.destroy()
      server.destroy()
    }
  }

  /** Swallows what is sent either way. */
  set silent(silent: boolean) {
    this.#silent = silent
  }

  async close(): Promise<void> {
    this.cut()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
