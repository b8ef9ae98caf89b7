/**
 * `/healthz`, `/readyz` and `/metrics` of a process, on a port of their own.
 *
 * `/healthz` is 200 while the event loop turns. `/readyz` is 200 only while serving; its body tells
 * starting, stuck and draining apart, with the reason.
 */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Registry } from 'prom-client'
import type { RoleStatus } from '../roles/role.ts'

export interface Probes {
  readonly port: number
  close(): Promise<void>
}

/** Throws when the port is taken. */
export async function serveProbes(options: {
  host: string
  port: number
  metrics: Registry
  status(): RoleStatus
}): Promise<Probes> {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000 }, (request, response) => {
    const path = request.url?.split('?')[0]
    const send = (code: number, type: string, body: string) =>
      response.writeHead(code, { 'content-type': type }).end(body)
    if (request.method !== 'GET' && request.method !== 'HEAD') return send(405, 'text/plain', 'GET only\n')
    if (path === '/healthz') return send(200, 'text/plain', 'ok\n')
    if (path === '/readyz') {
      const status = options.status()
      return send(status.state === 'serving' ? 200 : 503, 'application/json', `${JSON.stringify(status)}\n`)
    }
    if (path === '/metrics') {
      return options.metrics.metrics().then(
        (text) => send(200, options.metrics.contentType, text),
        (error: unknown) => send(500, 'text/plain', `${error}\n`),
      )
    }
    return send(404, 'text/plain', 'have: /healthz /readyz /metrics\n')
  })
  await listen(server, options.host, options.port)
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
