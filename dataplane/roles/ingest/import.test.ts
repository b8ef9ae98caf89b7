import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { account, basic, type IngestServer, now, startIngest, tokens } from '../../../test/support/ingest-server.ts'

let server: IngestServer

beforeEach(async () => {
  server = await startIngest()
})

afterEach(() => server.stop())

const json = { 'content-type': 'application/json', ...basic(tokens.shop) }
let made = 0

function event(properties: Record<string, unknown> = {}, name: unknown = 'Signed up') {
  return { event: name, properties: { time: now, distinct_id: 'u', $insert_id: `id-${made++}`, ...properties } }
}

async function post(body: string | Uint8Array, headers: Record<string, string> = json, query = '') {
  const response = await fetch(`${server.url}/import${query}`, { method: 'POST', body, headers })
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  }
}

const stored = async () => (await server.events()).map(({ insertId }) => insertId)
const lines = (events: readonly unknown[]) => events.map((one) => JSON.stringify(one)).join('\n')
const batch = (count: number) => Array.from({ length: count }, () => event())

describe('import: bodies', () => {
  const two = () => [event({ plan: 'pro' }), event({ plan: 'free' })]

  test.each([
    ['a JSON array', (events: unknown[]) => JSON.stringify(events), {}],
    [
      'NDJSON',
      (events: unknown[]) => `${lines(events)}\n\n`,
      { 'content-type': 'application/x-ndjson; charset=utf-8' },
    ],
    [
      'NDJSON with CRLF',
      (events: unknown[]) => lines(events).replace('\n', '\r\n'),
      { 'content-type': 'application/x-ndjson' },
    ],
    ['JSON without a type', (events: unknown[]) => JSON.stringify(events), { 'content-type': '' }],
    ['NDJSON as a form', lines, { 'content-type': 'application/x-www-form-urlencoded' }],
    ['gzip', (events: unknown[]) => gzipSync(JSON.stringify(events)), { 'content-encoding': 'gzip' }],
    [
      'zstd',
      (events: unknown[]) => zstdCompressSync(lines(events)),
      { 'content-encoding': 'zstd', 'content-type': 'application/x-ndjson' },
    ],
  ] as const)(
    'import: %s -> both events are durable when it is acknowledged (ING-1)',
    async (_name, encode, headers) => {
      const reply = await post(encode(two()), { ...json, ...headers })
      expect(reply).toMatchObject({ status: 200, body: { code: 200, num_records_imported: 2, status: 'OK' } })
      const events = await server.events()
      expect(events.map(({ properties }) => properties.plan).sort()).toEqual(['free', 'pro'])
      expect(events[0]).toMatchObject({ project: 'shop', event: 'Signed up', distinctId: 'u', time: now })
    },
  )

  test('import: one event alone -> stored', async () => {
    expect(await post(JSON.stringify(event()))).toMatchObject({ body: { num_records_imported: 1 } })
  })

  test.each([
    ['not JSON', '[{"event": "x"', 400, /not JSON/],
    ['nothing', '', 400, /not JSON/],
    ['two values', '[] []', 400, /not JSON/],
    ['bytes that are no UTF-8', Buffer.from([0x5b, 0x22, 0xff, 0x22, 0x5d]), 400, /not UTF-8/],
    ['half a character', Buffer.from('["你"]').subarray(0, 4), 400, /not UTF-8/],
  ])('import: %s -> refused whole, nothing stored', async (_name, body, status, error) => {
    expect(await post(body)).toMatchObject({ status, body: { code: status, error: expect.stringMatching(error) } })
    expect(await stored()).toEqual([])
  })

  test('import: a type that is none of ours -> 415 that names ours', async () => {
    const reply = await post('<a/>', { ...json, 'content-type': 'application/xml' })
    expect(reply).toMatchObject({ status: 415, body: { error: expect.stringContaining('application/json') } })
  })

  test('import: an empty array -> 200 and none', async () => {
    expect(await post('[]')).toMatchObject({ status: 200, body: { num_records_imported: 0 } })
  })
})

describe('import: strict', () => {
  test('import: one bad event in 2,000 -> 400 that names it, and the other 1,999 are stored', async () => {
    const events = batch(2000)
    events[1234] = event({ $insert_id: 'bad-one', time: 'today' })
    const reply = await post(JSON.stringify(events), json, '?strict=1')
    expect(reply).toMatchObject({ status: 400 })
    expect(reply.body).toEqual({
      code: 400,
      error: 'some data points in the request failed validation',
      failed_records: [
        {
          ...{ index: 1234, insert_id: 'bad-one', $insert_id: 'bad-one', field: 'properties.time', code: 'type' },
          message: expect.stringContaining('properties.time'),
        },
      ],
      num_records_imported: 1999,
      status: 'Bad Request',
    })
    expect((await stored()).length).toBe(1999)
  })

  test('import: strict=0 -> 200, and what failed is listed all the same', async () => {
    const reply = await post(JSON.stringify([event(), event({ time: 1 })]), json, '?strict=0')
    expect(reply).toMatchObject({ status: 200, body: { code: 200, num_records_imported: 1, status: 'OK' } })
    expect(reply.body.failed_records).toMatchObject([{ index: 1, field: 'properties.time' }])
  })

  test('import: without strict -> strict', async () => {
    expect(await post(JSON.stringify([event({ time: 1 })]))).toMatchObject({ status: 400 })
  })

  test('import: strict=yes -> refused, nothing stored', async () => {
    expect(await post(JSON.stringify([event()]), json, '?strict=yes')).toMatchObject({ status: 400 })
    expect(await stored()).toEqual([])
  })

  test('import: lines that are no JSON -> only they fail, by their place', async () => {
    const body = `${JSON.stringify(event())}\n{"event":\n\n${JSON.stringify(event())}\n7\n`
    const reply = await post(body, { ...json, 'content-type': 'application/x-ndjson' })
    expect(reply.body).toMatchObject({
      num_records_imported: 2,
      failed_records: [
        { index: 1, field: '$', code: 'json', insert_id: '' },
        { index: 3, field: '$', code: 'type' },
      ],
    })
  })

  test('import: events marked $ignore -> neither stored nor failed', async () => {
    const events = [
      event({ $ignore: true }),
      event({ $ignore: 'bot' }),
      event({ $ignore: '' }),
      event({ $ignore: false }),
    ]
    expect(await post(JSON.stringify(events))).toMatchObject({ status: 200, body: { num_records_imported: 2 } })
  })

  test('import: the token of another project inside -> that event fails; a token of ours is not kept', async () => {
    const events = [event({ token: tokens.blog }), event({ token: tokens.shop }), event({ token: 'unknown' })]
    const reply = await post(JSON.stringify(events))
    expect(reply.body).toMatchObject({ failed_records: [{ index: 0, field: 'properties.token', code: 'token' }] })
    expect((await server.events()).map(({ properties }) => properties)).toEqual([{}, {}])
  })
})

describe('import: limits at their edge', () => {
  const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) })
  const wide = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`p${i}`, i]))

  test.each([
    ['an insert id of 36 bytes', event({ $insert_id: 'a'.repeat(36) }), undefined],
    ['of 37', event({ $insert_id: 'a'.repeat(37) }), 'properties.$insert_id'],
    ['a value 3 deep', event({ a: nested(3) }), undefined],
    ['4 deep', event({ a: nested(4) }), 'properties.a.a.a.a'],
    ['255 properties', event(wide(255)), undefined],
    ['256', event(wide(256)), 'properties'],
    ['1971', event({ time: 31_536_000 }), undefined],
    ['a second before', event({ time: 31_535_999 }), 'properties.time'],
    ['59 minutes ahead', event({ time: now + 59 * 60_000 }), undefined],
    ['61 minutes ahead', event({ time: now + 61 * 60_000 }), 'properties.time'],
    ['no user', event({ distinct_id: '' }), undefined],
    ['a missing user', event({ distinct_id: undefined }), 'properties.distinct_id'],
    ['a banned user', event({ distinct_id: 'Anonymous' }), 'properties.distinct_id'],
    ['a missing insert id', event({ $insert_id: undefined }), 'properties.$insert_id'],
    ['a missing name', { properties: event().properties }, 'event'],
    ['a name of 300 characters', event({}, 'n'.repeat(300)), undefined],
  ])('import: %s -> as the page on events says', async (_name, sent, field) => {
    const { body } = await post(JSON.stringify([sent]))
    expect((body.failed_records as { field: string }[] | undefined)?.[0]?.field).toBe(field)
    expect(body.num_records_imported).toBe(field === undefined ? 1 : 0)
  })

  test('import: 2,000 events, 2,001, as an array and as lines -> stored, 413 and nothing stored', async () => {
    expect(await post(JSON.stringify(batch(2000)))).toMatchObject({ body: { num_records_imported: 2000 } })
    const reply = {
      status: 413,
      body: { code: 413, error: 'request exceeds max limit of 2000 events', status: 'Request Entity Too Large' },
    }
    expect(await post(JSON.stringify(batch(2001)))).toMatchObject(reply)
    expect(await post(lines(batch(2001)), { ...json, 'content-type': 'application/x-ndjson' })).toMatchObject(reply)
    expect((await stored()).length).toBe(2000)
  })

  test.each([
    ['as it is', (body: string) => body, {}],
    ['as gzip', (body: string) => gzipSync(body), { 'content-encoding': 'gzip' }],
    ['as zstd', (body: string) => zstdCompressSync(body), { 'content-encoding': 'zstd' }],
  ] as const)('import: 10,485,760 bytes, and one more, %s -> stored, 413', async (_name, encode, headers) => {
    const padded = (bytes: number) => JSON.stringify([event()]).padEnd(bytes, ' ')
    expect(await post(encode(padded(10_485_760)), { ...json, ...headers })).toMatchObject({ status: 200 })
    expect(await post(encode(padded(10_485_761)), { ...json, ...headers })).toMatchObject({
      status: 413,
      body: { code: 413, error: 'request exceeds max limit of 10485760 bytes', status: 'Request Entity Too Large' },
    })
    expect((await stored()).length).toBe(1)
  })

  test('import: 524,288 lists in a body, and one more -> read, 413; inside a string they do not count', async () => {
    const lists = (count: number) => `[${'[],'.repeat(count - 2)}[]]`
    const text = '['.repeat(600_000)
    const reply = await post(JSON.stringify([event({ text })]))
    expect(reply).toMatchObject({ status: 200 })
    expect(await post('['.repeat(524_288))).toMatchObject({ status: 400 })
    expect(await post('['.repeat(524_289))).toMatchObject({ status: 413 })
    expect(await post(lists(524_289))).toMatchObject({ status: 413, body: { error: /524288/ } })
    expect(await post(`["\\"[",${'['.repeat(524_288)}`)).toMatchObject({ status: 413 })
  })
})

describe('import: credentials', () => {
  const body = () => JSON.stringify([event()])

  test.each([
    ['a token', basic(tokens.shop), ''],
    ['a token and its project', basic(tokens.shop), '?project_id=shop'],
    ['a token in plain text', { authorization: `Basic ${tokens.shop}:` }, ''],
    ['a service account', basic(account.user, account.secret), '?project_id=shop'],
    [
      'a service account in plain text',
      { authorization: `Basic ${account.user}:${account.secret}` },
      '?project_id=shop',
    ],
  ])('import: %s -> stored in its project', async (_name, headers, query) => {
    expect(await post(body(), { ...json, ...headers }, query)).toMatchObject({ status: 200 })
    expect(await server.events()).toMatchObject([{ project: 'shop' }])
  })

  test.each([
    ['none', { authorization: '' }, ''],
    ['a token that is unknown', basic('no-such-token'), ''],
    ['a token for queries', basic(tokens.shopQuery), ''],
    ['a token and another project', basic(tokens.shop), '?project_id=blog'],
    ['a token with a secret', basic(tokens.shop, 'x'), '?project_id=shop'],
    ['a service account without a project', basic(account.user, account.secret), ''],
    ['a service account for a project that is not its own', basic(account.user, account.secret), '?project_id=blog'],
    ['a wrong secret', basic(account.user, 'wrong-secret'), '?project_id=shop'],
    ['a bearer', { authorization: 'Bearer abc' }, ''],
  ])('import: %s -> 401, nothing stored (QRY-2)', async (_name, headers, query) => {
    const reply = await post(body(), { ...json, ...headers }, query)
    expect(reply).toMatchObject({
      status: 401,
      body: { code: 401, error: 'Invalid credentials', status: 'Unauthorized' },
    })
    expect(reply.headers.get('www-authenticate')).toMatch(/^Basic/)
    expect(await stored()).toEqual([])
  })
})

test('import: names of the prototype -> ordinary properties, and nothing else changes', async () => {
  const sent = `[{"event":"x","properties":{"time":${now},"distinct_id":"u","$insert_id":"p","__proto__":{"a":1},"constructor":2}}]`
  expect(await post(sent)).toMatchObject({ status: 200 })
  const [{ properties }] = await server.events()
  expect(Object.entries(properties)).toEqual([
    ['__proto__', { a: 1 }],
    ['constructor', 2],
  ])
  expect(Object.keys(Object.prototype)).toEqual([])
})

test('import: OPTIONS from a browser -> no CORS, since credentials of Basic could come along', async () => {
  const response = await fetch(`${server.url}/import`, { method: 'OPTIONS', headers: { origin: 'https://a.example' } })
  expect(response.status).toBe(405)
  expect(response.headers.get('access-control-allow-origin')).toBeNull()
})

test.each(['/engage', '/groups', '/engage/'])(
  'import: %s, which is not provided -> 501 that says so, never 1',
  async (path) => {
    const body = 'data=e30='
    const response = await fetch(`${server.url}${path}?verbose=0`, {
      method: 'POST',
      body,
      headers: { origin: 'https://a.example' },
    })
    expect(response.status).toBe(501)
    expect(response.headers.get('access-control-allow-origin')).toBe('https://a.example')
    expect(await response.json()).toEqual({ status: 0, error: expect.stringContaining('not stored') })
  },
)
