import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { realSockets } from './sockets.ts'

const address = '127.0.0.1'
const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function serve(answer: (socket: Socket) => void): Promise<{ address: string; port: number }> {
  const server = createServer({ allowHalfOpen: true }, answer).listen(0, address)
  servers.push(server)
  await once(server, 'listening')
  return { address, port: (server.address() as { port: number }).port }
}

async function freePort(): Promise<number> {
  const target = await serve(() => undefined)
  const server = servers.pop()!
  server.close()
  await once(server, 'close')
  return target.port
}

/** All that the other side sends after we have said everything. */
function ask(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let heard = ''
    const socket = connect({ host: address, port, allowHalfOpen: true }, () => socket.end(text))
    socket.setEncoding('utf8').on('data', (chunk: string) => (heard += chunk))
    socket.on('end', () => resolve(heard)).on('error', reject)
  })
}

test('proxy: targets -> take connections in turn; one that does not answer is passed over', async () => {
  const [a, b] = [await serve((socket) => socket.end('a')), await serve((socket) => socket.end('b'))]
  const port = await freePort()
  const proxy = await realSockets.proxy(address, port)
  proxy.aim([a, { address, port: await freePort() }, b])
  const heard = [await ask(port, ''), await ask(port, ''), await ask(port, '')]
  expect(heard).toContain('a')
  expect(heard).toContain('b')
  await proxy.close()
})

test('proxy: no targets -> the connection is reset, not left waiting', async () => {
  const port = await freePort()
  const proxy = await realSockets.proxy(address, port)
  await expect(ask(port, 'x')).rejects.toThrow('ECONNRESET')
  await proxy.close()
})

test('proxy: one side that has said all -> still hears the other out, however much it is', async () => {
  const large = 'x'.repeat(3_000_000)
  const echo = await serve((socket) => {
    let heard = 0
    socket.on('data', (chunk) => (heard += chunk.length)).on('end', () => socket.end(`${heard} ${large}`))
  })
  const port = await freePort()
  const proxy = await realSockets.proxy(address, port)
  proxy.aim([echo])
  expect(await ask(port, large)).toBe(`${large.length} ${large}`)
  await proxy.close()
})
