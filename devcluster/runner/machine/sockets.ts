/**
 * TCP proxies in front of Services, in the runner's own process.
 *
 * A connection goes to the next ready endpoint in turn and stays there; where one does not answer, the next is tried. Without endpoints it is
 * closed at once, which a client sees as a reset rather than as the refusal of a real cluster. Does not: look into what is sent, or balance by load.
 */
import { connect, createServer, type Server, type Socket } from 'node:net'
import type { PortProxy, Sockets } from '../ports.ts'

const dialTimeoutMs = 2_000

export const realSockets: Sockets = {
  async proxy(address, port) {
    const proxy = new TcpProxy()
    await proxy.listen(address, port)
    return proxy
  },
}

class TcpProxy implements PortProxy {
  readonly #open = new Set<Socket>()
  readonly #server: Server
  #targets: readonly { address: string; port: number }[] = []
  #next = 0

  constructor() {
    // Half-open: an end from one side still lets the other finish.
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (client) =>
      this.#forward(client, this.#targets.length),
    )
  }

  listen(address: string, port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, address, () => {
        this.#server.off('error', reject)
        resolve()
      })
    })
  }

  aim(targets: readonly { address: string; port: number }[]): void {
    this.#targets = targets
  }

  close(): Promise<void> {
    for (const socket of this.#open) socket.destroy()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }

  #forward(client: Socket, tries: number): void {
    const target = this.#targets[this.#next++ % Math.max(1, this.#targets.length)]
    if (target === undefined || tries === 0) {
      client.on('error', () => undefined)
      client.resetAndDestroy()
      return
    }
    const server = connect({
      host: target.address,
      port: target.port,
      allowHalfOpen: true,
      noDelay: true,
      timeout: dialTimeoutMs,
    })
    const again = () => {
      server.destroy()
      if (!client.destroyed) this.#forward(client, tries - 1)
    }
    this.#track(client)
    server.once('error', again)
    server.once('timeout', again)
    server.once('connect', () => {
      server.off('error', again).off('timeout', again).setTimeout(0)
      this.#track(server)
      for (const [from, to] of [
        [client, server],
        [server, client],
      ] as const) {
        from.on('error', () => to.destroy())
        from.on('close', () => (to.destroyed || !from.readableEnded ? to.destroy() : undefined))
        from.pipe(to)
      }
    })
  }

  #track(socket: Socket): void {
    if (this.#open.has(socket)) return
    this.#open.add(socket)
    socket.once('close', () => this.#open.delete(socket))
    socket.on('error', () => undefined)
  }
}
