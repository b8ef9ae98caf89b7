/**
 * Node's request as the handlers' one: the body is collected here, once, within a bound.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { bug } from '../../common/errors/errors.ts'
import { tooLarge } from './decompress.ts'
import { type BodyOptions, ClientLeft, type HttpRequest } from './request.ts'

export class NodeRequest implements HttpRequest {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly #incoming: IncomingMessage
  readonly #outgoing: ServerResponse
  #waitsForContinue: boolean
  #signal: AbortSignal | undefined
  #isRead = false

  constructor(incoming: IncomingMessage, outgoing: ServerResponse, waitsForContinue: boolean) {
    this.#incoming = incoming
    this.#outgoing = outgoing
    this.#waitsForContinue = waitsForContinue
    const target = incoming.url!
    const question = target.indexOf('?')
    const path = question < 0 ? target : target.slice(0, question)
    this.method = incoming.method!
    this.path = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
    this.query = question < 0 ? '' : target.slice(question + 1)
  }

  get remoteAddress(): string {
    return this.#incoming.socket.remoteAddress ?? ''
  }

  /** True while the client waits to be told that it may send its body. */
  get isWaiting(): boolean {
    return this.#waitsForContinue
  }

  get signal(): AbortSignal {
    if (this.#signal === undefined) {
      const controller = new AbortController()
      this.#signal = controller.signal
      this.#outgoing.once('close', () => {
        if (!this.#outgoing.writableFinished) controller.abort(new ClientLeft())
      })
    }
    return this.#signal
  }

  header(name: string): string | undefined {
    const value = this.#incoming.headers[name]
    return Array.isArray(value) ? value.join(', ') : value
  }

  body({ bytesMax, reserve, signal }: BodyOptions): Promise<Buffer> {
    if (this.#isRead) bug('the body of a request is read twice')
    this.#isRead = true
    const incoming = this.#incoming
    return new Promise((resolve, reject) => {
      const announced = Number(incoming.headers['content-length'] ?? 0)
      if (announced > bytesMax) return reject(tooLarge(bytesMax))
      const chunks: Buffer[] = []
      let bytes = 0
      const keep = (chunk: Buffer) => {
        try {
          bytes += chunk.length
          if (bytes > bytesMax) throw tooLarge(bytesMax)
          reserve(chunk.length)
          chunks.push(chunk)
        } catch (error) {
          leave()
          reject(error)
        }
      }
      const end = () => {
        leave()
        resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks))
      }
      const gone = () => {
        leave()
        reject(new ClientLeft())
      }
      const stop = () => {
        leave()
        reject(signal?.reason)
      }
      const leave = () => {
        incoming.off('data', keep).off('end', end).off('close', gone).off('error', gone)
        signal?.removeEventListener('abort', stop)
      }
      signal?.addEventListener('abort', stop)
      incoming.on('data', keep).on('end', end).on('close', gone).on('error', gone)
      if (this.#waitsForContinue) {
        this.#waitsForContinue = false
        this.#outgoing.writeContinue()
      }
    })
  }
}
