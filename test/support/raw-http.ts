/**
 * HTTP byte by byte: what no well-behaved client would send, and every reply as it came.
 */
import { connect, type Socket } from 'node:net'

export interface RawReply {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export class RawConnection {
  readonly #socket: Socket
  #received = Buffer.alloc(0)
  #closed = false
  #wake = () => {}

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk])
      this.#wake()
    })
    // A reset after the reply is the server's right; before it, `reply` says that there was none.
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#closed = true
      this.#wake()
    })
  }

  static open(port: number, host = '127.0.0.1'): Promise<RawConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host, noDelay: true }, () => resolve(new RawConnection(socket)))
      socket.once('error', reject)
    })
  }

  send(bytes: string | Uint8Array): void {
    this.#socket.write(bytes)
  }

  /** Resolves when all of it is handed to the kernel, or the connection is gone. */
  sent(bytes: string | Uint8Array): Promise<void> {
    return new Promise((resolve) => this.#socket.write(bytes, () => resolve()))
  }

  /** No more will be sent. */
  end(): void {
    this.#socket.end()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  /** Reads no more. */
  pause(): void {
    this.#socket.pause()
  }

  /** The next reply, `100 Continue` apart; `undefined` when the connection closes without one. `toHead`: it has no body, whatever it says. */
  async reply({ toHead = false } = {}): Promise<RawReply | undefined> {
    let reply = await this.#next(toHead)
    while (reply?.status === 100) reply = await this.#next(toHead)
    return reply
  }

  /** Resolves when the server said that the body may be sent. */
  async continued(): Promise<void> {
    const reply = await this.#next(false)
    if (reply?.status !== 100) throw new Error(`got ${reply?.status}, want 100`)
  }

  async #next(toHead: boolean): Promise<RawReply | undefined> {
    for (;;) {
      const found = takeReply(this.#received, { toHead, closed: this.#closed })
      if (found !== undefined) {
        this.#received = this.#received.subarray(found.length)
        return found.reply
      } else if (this.#closed) {
        return undefined
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      }
    }
  }

  /** Resolves when the server closed the connection. */
  async closed(): Promise<void> {
    while (!this.#closed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}

/** Sends the bytes on a connection of their own and answers with the one reply. */
export async function rawExchange(port: number, bytes: string | Uint8Array): Promise<RawReply | undefined> {
  const connection = await RawConnection.open(port)
  try {
    connection.send(bytes)
    return await connection.reply()
  } finally {
    connection.destroy()
  }
}

/** A request as text; `Content-Length` is added for a body unless the headers say something about its length. */
export function rawRequest(
  line: string,
  headers: Readonly<Record<string, string>> = {},
  body: string | Uint8Array = '',
): Buffer {
  const names = Object.keys(headers).map((name) => name.toLowerCase())
  const length = Buffer.byteLength(body)
  const framed = names.includes('content-length') || names.includes('transfer-encoding') || length === 0
  const lines = [`${line} HTTP/1.1`]
  if (!names.includes('host')) lines.push('Host: test')
  if (!framed) lines.push(`Content-Length: ${length}`)
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`)
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), Buffer.from(body)])
}

interface Taking {
  readonly toHead: boolean
  readonly closed: boolean
}

function takeReply(received: Buffer, { toHead, closed }: Taking): { reply: RawReply; length: number } | undefined {
  const end = received.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const [first, ...lines] = received.subarray(0, end).toString('latin1').split('\r\n')
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  )
  const status = Number(first!.split(' ')[1])
  const start = end + 4
  if (toHead || status === 100 || status === 204) return { reply: { status, headers, body: '' }, length: start }
  if (headers['transfer-encoding'] === 'chunked') return takeChunks(received, { status, headers, start })
  // Without a length the body ends with the connection.
  if (headers['content-length'] === undefined && !closed) return undefined
  const length = Number(headers['content-length'] ?? received.length - start)
  if (received.length < start + length) return undefined
  return {
    reply: { status, headers, body: received.subarray(start, start + length).toString() },
    length: start + length,
  }
}

function takeChunks(
  received: Buffer,
  { status, headers, start }: { status: number; headers: Record<string, string>; start: number },
) {
  const chunks: Buffer[] = []
  for (let at = start; ; ) {
    const line = received.indexOf('\r\n', at)
    if (line < 0) return undefined
    const size = Number.parseInt(received.subarray(at, line).toString(), 16)
    const next = line + 2 + size + 2
    if (received.length < next) return undefined
    if (size === 0) return { reply: { status, headers, body: Buffer.concat(chunks).toString() }, length: next }
    chunks.push(received.subarray(line + 2, line + 2 + size))
    at = next
  }
}
