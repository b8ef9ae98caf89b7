import { once } from 'node:events'
import { createServer } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, expect, test } from 'vitest'
import { RawConnection, rawExchange, rawRequest } from '../../test/support/raw-http.ts'
import { realClock } from '../runtime/clock.ts'
import { readBody } from './body.ts'
import type { HttpLimits } from './limits.ts'
import { type HttpReply, textReply } from './reply.ts'
import type { HttpRequest } from './request.ts'
import { type Route, routed } from './routes.ts'
import { type HttpServer, serveHttp } from './server.ts'

const logger = { info: () => {}, warn: () => {}, error: () => {} }
const servers: HttpServer[] = []

afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop(0)
})

async function serve(handle: (request: HttpRequest) => Promise<HttpReply>, limits: Partial<HttpLimits> = {}) {
  const server = await serveHttp({ host: '127.0.0.1', port: 0, handle, clock: realClock, logger, limits })
  servers.push(server)
  return server
}

const bytesMax = 1000

/** Answers with the length of the body, after reading it within a limit. */
function measuring(limits: Partial<HttpLimits> = {}, reserve = (_bytes: number) => {}) {
  const route = (path: string, cors: boolean): Route => ({
    path,
    methods: ['GET', 'POST'],
    cors,
    handle: async (request) => textReply(200, String((await readBody(request, { bytesMax, reserve })).length)),
  })
  return serve(routed([route('/open', true), route('/closed', false)], { clock: realClock, logger }), limits)
}

const length = (count: number) => Buffer.alloc(count, 'x')

test.each([
  ['no body', rawRequest('POST /open'), 200, '0'],
  ['a slash at the end', rawRequest('POST /open/?a=b', {}, 'four'), 200, '4'],
  ['a body at the limit', rawRequest('POST /open', {}, length(bytesMax)), 200, '1000'],
  ['a body over it', rawRequest('POST /open', {}, length(bytesMax + 1)), 413, 'max limit of 1000 bytes'],
  [
    'chunks',
    rawRequest('POST /open', { 'Transfer-Encoding': 'chunked' }, '3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n'),
    200,
    '5',
  ],
  [
    'chunks over the limit',
    rawRequest('POST /open', { 'Transfer-Encoding': 'chunked' }, `3e9\r\n${length(1001)}\r\n0\r\n\r\n`),
    413,
    'max limit',
  ],
  ['gzip at the limit', rawRequest('POST /open', { 'Content-Encoding': 'gzip' }, gzipSync(length(1000))), 200, '1000'],
  ['gzip over it', rawRequest('POST /open', { 'Content-Encoding': 'gzip' }, gzipSync(length(1001))), 413, 'max limit'],
  [
    'gzip cut off',
    rawRequest('POST /open', { 'Content-Encoding': 'gzip' }, gzipSync('x').subarray(0, 12)),
    400,
    'gzip',
  ],
  ['an unknown encoding', rawRequest('POST /open', { 'Content-Encoding': 'br' }, 'x'), 415, 'got br'],
  ['an unknown path', rawRequest('POST /other'), 404, 'nothing is served'],
  ['an unknown method', rawRequest('DELETE /open'), 405, 'got DELETE'],
  ['HTTP/0.9', Buffer.from('GET /open\r\n\r\n'), 400, 'not HTTP'],
  ['CONNECT', rawRequest('CONNECT /open'), 405, 'got CONNECT'],
  ['no Host', Buffer.from('GET /open HTTP/1.1\r\n\r\n'), 400, 'Host'],
  ['no HTTP', Buffer.from('hello there, server\r\n\r\n'), 400, 'not HTTP'],
  ['two lengths', rawRequest('POST /open', { 'Content-Length': '3', 'content-length': '4' }, 'abc'), 400, 'not HTTP'],
  ['a length and chunks', rawRequest('POST /open', { 'Content-Length': '3', 'Transfer-Encoding': 'chunked' }), 400, ''],
  ['a bad chunk', rawRequest('POST /open', { 'Transfer-Encoding': 'chunked' }, 'zz\r\nabc\r\n'), 400, 'not HTTP'],
  ['large headers', rawRequest('GET /open', { a: 'x'.repeat(40_000) }), 431, 'headers'],
  [
    'too many headers',
    rawRequest('GET /open', Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`h${i}`, '1']))),
    431,
    'got 101 headers',
  ],
] as const)('http: %s -> the documented status', async (_name, bytes, status, body) => {
  const { port } = await measuring()
  const reply = await rawExchange(port, bytes)
  expect(reply?.status).toBe(status)
  expect(reply?.body).toContain(body)
})

test('http: a body that is refused while it is sent -> the reply arrives and the connection serves on', async () => {
  const { port } = await measuring()
  const connection = await RawConnection.open(port)
  connection.send(rawRequest('POST /open', { 'Content-Length': '8000000' }, length(4_000_000)))
  expect((await connection.reply())?.status).toBe(413)
  await connection.sent(length(4_000_000))
  connection.send(rawRequest('POST /open', {}, 'next'))
  expect(await connection.reply()).toMatchObject({ status: 200, body: '4' })
  connection.destroy()
})

test('http: a refused body without an end -> cut after a bound', async () => {
  const { port } = await measuring({ discardBytesMax: 100_000 })
  const connection = await RawConnection.open(port)
  connection.send(rawRequest('POST /open', { 'Content-Length': '1000000000' }, length(200_000)))
  expect((await connection.reply())?.status).toBe(413)
  await connection.closed()
})

test.each([
  ['headers that never end', 'GET /open HTTP/1.1\r\nHost: test\r\n'],
  ['a body that never comes', rawRequest('POST /open', { 'Content-Length': '10' }, 'abc')],
] as const)('http: %s -> 408 in time', async (_name, bytes) => {
  const { port } = await measuring({ requestTimeoutMs: 100 })
  const connection = await RawConnection.open(port)
  connection.send(bytes)
  expect(await connection.reply()).toMatchObject({ status: 408, headers: { connection: 'close' } })
  await connection.closed()
})

test('http: bytes that are no request behind one that is answered late -> its own reply, then closed', async () => {
  const { port } = await serve(async (request) => {
    const body = await readBody(request, { bytesMax, reserve() {} })
    await realClock.sleep(20)
    return textReply(200, body.toString())
  })
  const connection = await RawConnection.open(port)
  connection.send(rawRequest('POST /x', { 'Content-Length': '3' }, 'abc and more\r\n\r\n'))
  expect(await connection.reply()).toMatchObject({ status: 200, body: 'abc', headers: { connection: 'close' } })
  await connection.closed()
})

test('http: a second request on a connection that never ends -> 408 as well', async () => {
  const { port } = await measuring({ requestTimeoutMs: 100 })
  const connection = await RawConnection.open(port)
  connection.send(rawRequest('GET /open'))
  expect((await connection.reply())?.status).toBe(200)
  connection.send('GET /open HTTP/1.1\r\nHost:')
  expect((await connection.reply())?.status).toBe(408)
})

test('http: a client that waits to be told to go on -> refused before it sends, told where the body fits', async () => {
  const { port } = await measuring()
  const waiting = { Expect: '100-continue' }
  const large = await RawConnection.open(port)
  large.send(rawRequest('POST /open', { ...waiting, 'Content-Length': '5000' }))
  expect(await large.reply()).toMatchObject({ status: 413, headers: { connection: 'close' } })
  await large.closed()
  const small = await RawConnection.open(port)
  small.send(rawRequest('POST /open', { ...waiting, 'Content-Length': '4' }))
  small.send('four')
  expect(await small.reply()).toMatchObject({ status: 200, body: '4' })
  small.destroy()
})

test('http: a client that leaves in the middle of its body -> the handler hears of it, nothing is read as a body', async () => {
  const { promise, resolve } = Promise.withResolvers<unknown>()
  const { port } = await serve(async (request) => {
    const body = readBody(request, { bytesMax, reserve() {} })
    resolve(await body.catch((error: Error) => error.name))
    return textReply(200, '')
  })
  const connection = await RawConnection.open(port)
  await connection.sent(rawRequest('POST /x', { 'Content-Length': '10' }, 'abc'))
  connection.destroy()
  expect(await promise).toBe('ClientLeft')
})

test('http: a client that leaves before its reply -> the signal of its request aborts', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const arrived = Promise.withResolvers<void>()
  const { port } = await serve(async (request) => {
    arrived.resolve()
    await once(request.signal, 'abort')
    resolve()
    return textReply(200, '')
  })
  const connection = await RawConnection.open(port)
  connection.send(rawRequest('GET /x'))
  await arrived.promise
  connection.destroy()
  await promise
})

test('http: a stream as a body -> pulled as the client reads, and told to stop when it leaves', async () => {
  let pulled = 0
  const stopped = Promise.withResolvers<void>()
  async function* endless() {
    try {
      for (;;) {
        pulled++
        yield length(64 * 1024)
      }
    } finally {
      stopped.resolve()
    }
  }
  const { port } = await serve(async () => ({ status: 200, headers: {}, body: endless() }))
  const connection = await RawConnection.open(port)
  await connection.sent(rawRequest('GET /x'))
  connection.destroy()
  await stopped.promise
  expect(pulled).toBeLessThan(1000)
})

test('http: a client that does not read its reply -> cut once nothing moves; a handler that takes longer is waited for', async () => {
  const cut = Promise.withResolvers<void>()
  const { port } = await serve(
    async (request) => {
      request.signal.addEventListener('abort', () => cut.resolve())
      if (request.path === '/large') return textReply(200, 'x'.repeat(100_000_000))
      await realClock.sleep(300)
      return textReply(200, 'done')
    },
    { idleTimeoutMs: 100 },
  )
  expect(await rawExchange(port, rawRequest('GET /slow'))).toMatchObject({ body: 'done' })
  const connection = await RawConnection.open(port)
  connection.pause()
  connection.send(rawRequest('GET /large'))
  await cut.promise
  connection.destroy()
})

test('http: CORS -> the origin is echoed with credentials on open routes, also on errors, and not on closed ones', async () => {
  const { port } = await measuring()
  const from = { Origin: 'https://shop.example' }
  const allowed = { 'access-control-allow-origin': 'https://shop.example', 'access-control-allow-credentials': 'true' }
  expect((await rawExchange(port, rawRequest('POST /open', from)))?.headers).toMatchObject(allowed)
  const tooLarge = await rawExchange(port, rawRequest('POST /open', from, length(2000)))
  expect(tooLarge).toMatchObject({ status: 413, headers: allowed })
  const asked = { ...from, 'Access-Control-Request-Headers': 'content-type,x-a' }
  const preflight = await rawExchange(port, rawRequest('OPTIONS /open', asked))
  expect(preflight).toMatchObject({
    status: 204,
    headers: { ...allowed, 'access-control-allow-headers': 'content-type,x-a' },
  })
  const closed = await rawExchange(port, rawRequest('POST /closed', from))
  expect(closed?.headers).not.toHaveProperty('access-control-allow-origin')
  expect((await rawExchange(port, rawRequest('OPTIONS /closed', from)))?.status).toBe(405)
})

test('http: what a handler throws that is no answer -> 500 without a word of it, and the server serves on', async () => {
  const { port } = await serve(async (request) => {
    if (request.path === '/bad') throw new TypeError('secret detail')
    return textReply(200, 'fine')
  })
  const reply = await rawExchange(port, rawRequest('GET /bad'))
  expect(reply?.status).toBe(500)
  expect(reply?.body).not.toContain('secret')
  expect((await rawExchange(port, rawRequest('GET /good')))?.status).toBe(200)
})

test('http: a stop while a request runs -> it is answered, its connection closes, new ones are refused', async () => {
  const arrived = Promise.withResolvers<void>()
  const go = Promise.withResolvers<void>()
  const server = await serve(async () => {
    arrived.resolve()
    await go.promise
    return textReply(200, 'done')
  })
  const connection = await RawConnection.open(server.port)
  connection.send(rawRequest('GET /x'))
  await arrived.promise
  const stopped = server.stop(10_000)
  await expect(RawConnection.open(server.port)).rejects.toThrow(/ECONNREFUSED/)
  go.resolve()
  expect(await connection.reply()).toMatchObject({ body: 'done', headers: { connection: 'close' } })
  await stopped
})

test('http: a stop that lingers -> who connects or has an idle connection is answered and told to close, then refused', async () => {
  const server = await measuring()
  const idle = await RawConnection.open(server.port)
  idle.send(rawRequest('GET /open'))
  await idle.reply()
  const stopped = server.stop(10_000, 1_000)
  idle.send(rawRequest('GET /open'))
  const late = await RawConnection.open(server.port)
  late.send(rawRequest('GET /open'))
  for (const connection of [idle, late]) {
    expect(await connection.reply()).toMatchObject({ status: 200, headers: { connection: 'close' } })
  }
  await stopped
  await expect(RawConnection.open(server.port)).rejects.toThrow(/ECONNREFUSED/)
})

test('http: a stop with a connection that never finishes -> cut after the grace', async () => {
  const server = await measuring()
  const connection = await RawConnection.open(server.port)
  await connection.sent('GET /open HTTP/1.1\r\n')
  await server.stop(50)
  await connection.closed()
})

test('http: a port that is taken -> an error, not a server', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const port = (taken.address() as { port: number }).port
  await expect(
    serveHttp({ host: '127.0.0.1', port, handle: async () => textReply(200, ''), clock: realClock, logger }),
  ).rejects.toThrow(/EADDRINUSE/)
  taken.close()
})

test('http: a reservation that is refused -> the error of whoever refused, and the rest is not kept', async () => {
  let kept = 0
  const { port } = await measuring({}, (bytes) => {
    if (kept + bytes > 500) throw new Error('no more')
    kept += bytes
  })
  expect((await rawExchange(port, rawRequest('POST /open', {}, length(400))))?.status).toBe(200)
  expect((await rawExchange(port, rawRequest('POST /open', {}, length(400))))?.status).toBe(500)
  expect(kept).toBe(400)
})
