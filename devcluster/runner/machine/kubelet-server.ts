/**
 * The HTTPS side of a node, for `kubectl logs`: the API server passes requests for logs on to port 10250 of the node.
 *
 * `/containerLogs/NAMESPACE/POD/CONTAINER?follow&tailLines&limitBytes&previous`, `/healthz`. Listens on the loopback network only and asks nobody who
 * they are. Does not: exec, attach, port-forward (501 says so), nor the time of lines (`--timestamps`, `--since`: 400 says so).
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import { selfSigned } from '../../../common/certificate.ts'
import type { FindLog } from '../ports.ts'
import { streamLog } from './log-files.ts'

export const kubeletPort = 10_250

export interface KubeletServer {
  close(): Promise<void>
}

/** Throws when the address is taken (`EADDRINUSE`) or the machine does not answer on it (`EADDRNOTAVAIL`). */
export async function serveKubelet(address: string, findLog: FindLog): Promise<KubeletServer> {
  const { certificate, key } = selfSigned({ commonName: 'anabranch pod runner', addresses: [address] })
  const server = createServer({ cert: certificate, key }, (request, response) => {
    answer(request, response, findLog).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' })
      response.end(`${error}\n`)
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(kubeletPort, address, () => {
      server.off('error', reject)
      resolve()
    })
  })
  server.unref()
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, findLog: FindLog): Promise<void> {
  const url = new URL(request.url ?? '/', 'https://node')
  const [, route, namespace, name, container] = url.pathname.split('/').map(decodeURIComponent)
  const say = (status: number, text: string) =>
    response.writeHead(status, { 'content-type': 'text/plain' }).end(`${text}\n`)
  if (route === 'healthz') return void say(200, 'ok')
  if (route !== 'containerLogs') return void say(501, `the pod runner has logs only, not ${route}`)
  const asked = (key: string) => url.searchParams.get(key)
  const timed = ['timestamps', 'sinceSeconds', 'sinceTime'].find((key) => asked(key) !== null && asked(key) !== 'false')
  if (timed !== undefined) return void say(400, `${timed}: the pod runner keeps no times of lines`)
  const found = findLog({ namespace: namespace ?? '', name: name ?? '' }, container ?? '', asked('previous') === 'true')
  if ('problem' in found) return void say(404, found.problem)
  response.writeHead(200, { 'content-type': 'text/plain' })
  const numberOf = (key: string) => (asked(key) === null ? undefined : Number(asked(key)))
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const options = {
    tailLines: numberOf('tailLines'),
    limitBytes: numberOf('limitBytes'),
    follow: asked('follow') === 'true',
  }
  for await (const chunk of streamLog(found, options, gone.signal)) {
    if (!response.write(chunk)) await new Promise((resolve) => response.once('drain', resolve).once('close', resolve))
  }
  response.end()
}
