/**
 * `/healthz`, `/readyz` and `/metrics` of the operator, on a port of their own.
 *
 * `/healthz` answers while the event loop turns and no check of life fails. `/readyz` is 200 once every store is filled, on the leader and on
 * standbys alike; its body names what is waited for.
 */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Registry } from 'prom-client'

export interface ProbesOptions {
  readonly host: string
  readonly port: number
  readonly metrics: Registry
  /** Reasons why this process should be restarted; none when it is well. */
  unhealthy(): readonly string[]
  /** What is waited for; nothing when it is ready. */
  unready(): readonly string[]
}

export interface Probes {
  readonly port: number
  close(): Promise<void>
}

/** Rejects when the port is taken. */
export async function serveProbes({ host, port, metrics, unhealthy, unready }: ProbesOptions): Promise<Probes> {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000 }, (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return send(response, 405, 'GET only\n')
    switch (request.url?.split('?')[0]) {
      case '/healthz':
        return sendReasons(response, unhealthy())
      case '/readyz':
        return sendReasons(response, unready())
      case '/metrics':
        metrics.metrics().then(
          (text) => send(response, 200, text, metrics.contentType),
          (error: unknown) => send(response, 500, `${error}\n`),
        )
        return
      default:
        send(response, 404, 'have: /healthz /readyz /metrics\n')
    }
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function sendReasons(response: ServerResponse, reasons: readonly string[]): void {
  if (reasons.length === 0) send(response, 200, 'ok\n')
  else send(response, 503, reasons.map((reason) => `${reason}\n`).join(''))
}

function send(response: ServerResponse, status: number, body: string, type = 'text/plain'): void {
  response.writeHead(status, { 'content-type': type }).end(body)
}
