/** Probes over the network, as a kubelet makes them: HTTP is well from 200 to 399, TCP when it connects. */
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect } from 'node:net'
import type { Container, HttpGet } from '../objects.ts'
import type { Checks } from '../ports.ts'

export const realChecks: Checks = {
  async check({ httpGet, tcpSocket }, { address, container }, timeoutMs) {
    if (httpGet !== undefined) return get(httpGet, httpGet.host || address, portOf(httpGet.port, container), timeoutMs)
    if (tcpSocket !== undefined) return dial(tcpSocket.host || address, portOf(tcpSocket.port, container), timeoutMs)
    return 'the runner has no such probe'
  },
}

/** 0, which nothing listens on, for a name that no port of the container has. */
function portOf(port: number | string, container: Container): number {
  if (typeof port === 'number') return port
  return container.ports?.find(({ name }) => name === port)?.containerPort ?? 0
}

function get(
  { path = '/', scheme = 'HTTP', httpHeaders = [] }: HttpGet,
  host: string,
  port: number,
  timeoutMs: number,
): Promise<string | undefined> {
  const headers = {
    'user-agent': 'kube-probe/runner',
    ...Object.fromEntries(httpHeaders.map((one) => [one.name, one.value])),
  }
  const ask = scheme === 'HTTPS' ? httpsRequest : httpRequest
  return new Promise((resolve) => {
    const options = {
      host,
      port,
      path,
      headers,
      agent: false,
      rejectUnauthorized: false,
      signal: AbortSignal.timeout(timeoutMs),
    }
    const outgoing = ask(options, (answer) => {
      const status = answer.statusCode ?? 0
      answer.on('error', () => undefined)
      outgoing.destroy()
      resolve(status >= 200 && status < 400 ? undefined : `HTTP probe failed with statuscode: ${status}`)
    })
    outgoing.on('error', (error) => resolve(`Get "${scheme.toLowerCase()}://${host}:${port}${path}": ${error.message}`))
    outgoing.end()
  })
}

function dial(host: string, port: number, timeoutMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs })
    const end = (problem: string | undefined) => {
      socket.destroy()
      resolve(problem)
    }
    socket.once('connect', () => end(undefined))
    socket.once('timeout', () => end(`dial tcp ${host}:${port}: i/o timeout`))
    socket.once('error', (error) => end(`dial tcp ${host}:${port}: ${error.message}`))
  })
}
