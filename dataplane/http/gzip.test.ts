import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { acceptsGzip, gzipped } from './gzip.ts'
import type { HttpRequest } from './request.ts'

const asking = (header: string | undefined) => acceptsGzip({ header: () => header } as unknown as HttpRequest)

async function* pieces(count: number, state: { ended: boolean }, failAt = -1): AsyncGenerator<Uint8Array> {
  try {
    for (let i = 0; i < count; i++) {
      if (i === failAt) throw new Error('the shard broke off')
      yield Buffer.from(`piece ${i} `.repeat(50))
    }
  } finally {
    state.ended = true
  }
}

test.each([
  ['gzip', true],
  ['br, GZIP', true],
  ['x-gzip;q=0.5', true],
  ['deflate', false],
  ['gzip;q=0', false],
  ['gzip;q=0.0, br', false],
  [undefined, false],
])('gzip: Accept-Encoding %s -> %s', (header, accepted) => {
  expect(asking(header)).toBe(accepted)
})

test('gzip: more than 1,400 bytes -> compressed, the same bytes come out', async () => {
  const state = { ended: false }
  const reply = await gzipped({ status: 200, headers: { a: 'b' }, body: pieces(5000, state) })
  expect(reply.headers).toMatchObject({ a: 'b', 'content-encoding': 'gzip' })
  const out: Uint8Array[] = []
  for await (const piece of reply.body as AsyncIterable<Uint8Array>) out.push(piece)
  const want: Uint8Array[] = []
  for await (const piece of pieces(5000, state)) want.push(piece)
  expect(gunzipSync(Buffer.concat(out)).equals(Buffer.concat(want))).toBe(true)
})

test('gzip: up to 1,400 bytes -> as they are', async () => {
  const reply = await gzipped({ status: 200, headers: {}, body: pieces(3, { ended: false }) })
  expect(reply.headers['content-encoding']).toBeUndefined()
  expect(Buffer.from(reply.body as Uint8Array).length).toBe(1200)
})

test('gzip: the stream breaks off -> the reader gets the error, not an end', async () => {
  const reply = await gzipped({ status: 200, headers: {}, body: pieces(5000, { ended: false }, 4000) })
  const read = async () => {
    for await (const _ of reply.body as AsyncIterable<Uint8Array>);
  }
  await expect(read()).rejects.toThrow('the shard broke off')
})

test('gzip: the client leaves -> the stream behind is ended', async () => {
  const state = { ended: false }
  const reply = await gzipped({ status: 200, headers: {}, body: pieces(1_000_000, state) })
  for await (const _ of reply.body as AsyncIterable<Uint8Array>) break
  expect(state.ended).toBe(true)
})
