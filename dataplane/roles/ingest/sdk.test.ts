import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { account, basic, type IngestServer, now, startIngest, tokens } from '../../../test/support/ingest-server.ts'

let server: IngestServer

beforeEach(async () => {
  server = await startIngest()
})

afterEach(() => server.stop())

const day = 86_400_000
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64')
const form = { 'content-type': 'application/x-www-form-urlencoded' }

function event(properties: Record<string, unknown> = {}) {
  return { event: 'Viewed', properties: { token: tokens.shop, distinct_id: 'u', time: now, ...properties } }
}

async function ask(path: string, options: RequestInit = {}) {
  const response = await fetch(`${server.url}${path}`, options)
  return { status: response.status, type: response.headers.get('content-type'), body: await response.text() }
}

const get = (parameters: Record<string, string>, path = '/track') => ask(`${path}?${new URLSearchParams(parameters)}`)
const post = (body: string | Uint8Array, headers: Record<string, string> = form, path = '/track') =>
  ask(path, { method: 'POST', body, headers })
const ok = { status: 200, body: '1' }
const none = { status: 200, body: '0' }

describe('track: the ways to send', () => {
  const two = [event({ a: 1 }), event({ a: 2 })]

  test.each([
    ['GET, base64', () => get({ data: base64(two) })],
    ['GET, JSON', () => get({ data: JSON.stringify(two) })],
    ['GET with a slash', () => get({ data: base64(two) }, '/track/')],
    ['a form of base64', () => post(`data=${encodeURIComponent(base64(two))}`)],
    ['a form of base64 that is not escaped', () => post(`data=${base64(two)}&ip=0`)],
    ['a form of JSON', () => post(new URLSearchParams({ data: JSON.stringify(two) }).toString(), form, '/track/')],
    ['a form as plain text', () => post(`data=${base64(two)}`, { 'content-type': 'text/plain;charset=UTF-8' })],
    ['a JSON body', () => post(JSON.stringify(two), { 'content-type': 'application/json' })],
    ['a JSON body with the type of a form', () => post(JSON.stringify(two))],
    [
      'NDJSON',
      () => post(two.map((one) => JSON.stringify(one)).join('\n'), { 'content-type': 'application/x-ndjson' }),
    ],
    ['a form in gzip', () => post(gzipSync(`data=${base64(two)}`), { ...form, 'content-encoding': 'gzip' })],
  ])('track: %s -> 1, and both events are durable (ING-1)', async (_name, send) => {
    expect(await send()).toMatchObject(ok)
    const events = await server.events()
    expect(events.map(({ properties }) => properties.a).sort()).toEqual([1, 2])
  })

  test('track: base64 with every character of its alphabet -> read in any escaping', async () => {
    const sent = event({ text: '>>>???~~~ÿÿÿ' })
    expect(base64(sent)).toMatch(/\+.*\/|\/.*\+/)
    expect(await post(`data=${base64(sent)}`)).toMatchObject(ok)
    expect(await get({ data: base64(sent).replaceAll('+', '-').replaceAll('/', '_') })).toMatchObject(ok)
    expect((await server.events()).map(({ properties }) => properties.text)).toEqual(Array(2).fill('>>>???~~~ÿÿÿ'))
  })

  test('track: events of two projects in one request -> each in its own', async () => {
    await get({ data: JSON.stringify([event(), event({ token: tokens.blog })]) })
    expect((await server.events()).map(({ project }) => project).sort()).toEqual(['blog', 'shop'])
  })
})

describe('track: replies', () => {
  const good = { data: base64(event()) }
  const bad = { data: base64(event({ time: 'now' })) }
  const unknown = { data: base64(event({ token: 'no-such-token' })) }

  test.each([
    ['good', good, ok],
    ['bad', bad, none],
    ['one good and one bad', { data: JSON.stringify([event(), event({ time: 'now' })]) }, ok],
    ['no data', {}, none],
    ['data that is nothing', { data: '%%%' }, none],
    ['data that is base64 of no JSON', { data: 'aGVsbG8=' }, none],
    ['base64 of no UTF-8', { data: '////' }, none],
    ['an empty list', { data: '[]' }, none],
    ['no token', { data: base64(event({ token: undefined })) }, none],
    ['only $ignore', { data: base64(event({ $ignore: true })) }, ok],
    ['an unknown token', unknown, { status: 401, body: expect.stringContaining('"status":"error"') }],
    ['a token for queries', { data: base64(event({ token: tokens.shopQuery })) }, { status: 401 }],
    ['one good and one unknown token', { data: JSON.stringify([event(), event({ token: 'x' })]) }, ok],
  ] as const)('track: %s -> the documented answer', async (_name, parameters, reply) => {
    expect(await get(parameters)).toMatchObject(reply)
  })

  test.each([
    ['good', good, 200, { status: 1, error: null }],
    ['bad', bad, 200, { status: 0, error: expect.stringContaining('1 of 1 events refused: properties.time') }],
    [
      'in part',
      { data: JSON.stringify([event({ time: 1 }), event()]) },
      200,
      { status: 1, error: expect.stringContaining('1 of 2') },
    ],
    ['no data', {}, 200, { status: 0, error: 'data, missing or empty' }],
    ['an unknown token', unknown, 401, { status: 0, error: expect.stringContaining('properties.token') }],
  ] as const)('track: %s with verbose=1 -> JSON', async (_name, parameters, status, body) => {
    const reply = await get({ ...parameters, verbose: '1' })
    expect(reply).toMatchObject({ status, type: 'application/json; charset=utf-8' })
    expect(JSON.parse(reply.body)).toEqual(body)
  })

  test('track: verbose in the form -> JSON as well', async () => {
    expect(JSON.parse((await post(`data=${base64(event())}&verbose=1`)).body)).toEqual({ status: 1, error: null })
  })

  test('track: img=1 -> a GIF of one pixel, for good and bad', async () => {
    for (const parameters of [good, bad]) {
      const response = await fetch(`${server.url}/track?${new URLSearchParams({ ...parameters, img: '1' })}`)
      expect(response.headers.get('content-type')).toBe('image/gif')
      const bytes = Buffer.from(await response.arrayBuffer())
      expect([bytes.subarray(0, 6).toString(), bytes.readUInt16LE(6), bytes.readUInt16LE(8)]).toEqual(['GIF89a', 1, 1])
    }
  })

  test.each([
    ['f', 'f(1);'],
    ['mixpanel._jsc["17"]', 'mixpanel._jsc["17"](1);'],
    ['(function(){})', '(function(){})(1);'],
  ])('track: callback=%s -> a script that calls it', async (callback, body) => {
    expect(await get({ ...good, callback })).toEqual({ status: 200, type: 'text/javascript; charset=utf-8', body })
  })

  test('track: callback and verbose -> called with JSON', async () => {
    expect((await get({ ...good, callback: 'f', verbose: '1' })).body).toBe('f({"status":1,"error":null});')
  })

  test.each(['alert(1)', 'f;g', '<script>', '', `f${'x'.repeat(200)}`])(
    'track: callback=%s -> refused, nothing stored',
    async (callback) => {
      expect(await get({ ...good, callback })).toMatchObject({ status: 400, type: 'application/json; charset=utf-8' })
      expect(await server.events()).toEqual([])
    },
  )

  test('track: 2,001 events, a body over its limit -> 413, so that an SDK halves its batch', async () => {
    const many = JSON.stringify(Array.from({ length: 2001 }, () => event()))
    const reply = await post(many, { 'content-type': 'application/json' })
    expect(reply.status).toBe(413)
    expect(JSON.parse(reply.body)).toEqual({ error: 'request exceeds max limit of 2000 events', status: 'error' })
    expect(await post(`data=${'x'.repeat(10_485_760)}`)).toMatchObject({ status: 413 })
    expect(await server.events()).toEqual([])
  })

  test('track: CORS -> the origin is echoed with credentials', async () => {
    const headers = { origin: 'https://shop.example' }
    const response = await fetch(`${server.url}/track/?${new URLSearchParams(good)}`, { headers })
    expect(response.headers.get('access-control-allow-origin')).toBe('https://shop.example')
    expect(response.headers.get('access-control-allow-credentials')).toBe('true')
  })
})

describe('track: what is filled in', () => {
  let sent = 0
  const kept = async (properties: Record<string, unknown>, parameters: Record<string, string> = {}, headers = {}) => {
    const mark = sent++
    const data = JSON.stringify(event({ ...properties, mark }))
    const reply = await ask(`/track?${new URLSearchParams({ data, ...parameters })}`, { headers })
    expect(reply.body).toBe('1')
    return (await server.events()).find((one) => one.properties.mark === mark)!
  }

  test('track: no time -> when it arrived', async () => {
    expect((await kept({ time: undefined })).time).toBe(now)
  })

  test('track: no insert id -> one of ours, another one for each event', async () => {
    const data = JSON.stringify([event(), event()])
    await get({ data })
    const ids = (await server.events()).map(({ insertId }) => insertId)
    expect(new Set(ids).size).toBe(2)
    for (const id of ids) expect(id).toMatch(/^[a-z0-9-]{1,36}$/)
  })

  test('track: no user -> nobody; with ip=1 one made from the address and the project', async () => {
    expect((await kept({ distinct_id: undefined })).distinctId).toBe('')
    expect((await kept({ distinct_id: undefined }, { ip: '0' })).distinctId).toBe('')
    const { distinctId } = await kept({ distinct_id: undefined }, { ip: '1' })
    expect(distinctId).toMatch(/^ip-[0-9a-f]{32}$/)
    const elsewhere = await kept({ distinct_id: undefined, token: tokens.blog }, { ip: '1' })
    expect(elsewhere.distinctId).not.toBe(distinctId)
  })

  test('track: X-Forwarded-For -> believed as far as proxies are trusted, not at all by default', async () => {
    const headers = { 'x-forwarded-for': '9.9.9.9, 1.1.1.1, 2.2.2.2' }
    const direct = await kept({ distinct_id: undefined }, { ip: '1' })
    expect((await kept({ distinct_id: undefined }, { ip: '1' }, headers)).distinctId).toBe(direct.distinctId)
    await server.stop()
    server = await startIngest({ trustedProxies: 2 })
    const first = await kept({ distinct_id: undefined }, { ip: '1' }, headers)
    const other = await kept({ distinct_id: undefined }, { ip: '1' }, { 'x-forwarded-for': '1.1.1.1, 2.2.2.2' })
    expect(other.distinctId).toBe(first.distinctId)
    expect(first.distinctId).not.toBe(direct.distinctId)
  })

  test.each([
    ['exactly five days old', now - 5 * day, '1'],
    ['a ms older', now - 5 * day - 1, '0'],
  ])('track: %s -> %s', async (_name, time, body) => {
    expect((await get({ data: JSON.stringify(event({ time })) })).body).toBe(body)
  })
})

describe('import: the dialect of SDKs', () => {
  const old = event({ time: now - 400 * day, token: 'whatever' })
  const credentials = basic(account.user, account.secret)

  test.each([
    ['GET', () => ask(`/import?data=${encodeURIComponent(base64(old))}`, { headers: basic(tokens.shop) })],
    [
      'POST',
      () => post(`data=${base64([old])}`, { ...form, ...credentials }, '/import?project_id=shop&ip=0&verbose=0'),
    ],
  ])('import: %s with data -> 1, and the event is in the project of the credentials', async (_name, send) => {
    expect(await send()).toMatchObject(ok)
    expect(await server.events()).toMatchObject([{ project: 'shop', time: now - 400 * day, distinctId: 'u' }])
  })

  test('import: no time -> 0: it is required here', async () => {
    const body = `data=${base64(event({ time: undefined }))}&verbose=1`
    const reply = await post(body, { ...form, ...basic(tokens.shop) }, '/import')
    expect(JSON.parse(reply.body)).toEqual({ status: 0, error: expect.stringContaining('properties.time: required') })
  })

  test('import: without credentials -> 401', async () => {
    expect(await post(`data=${base64(old)}`, form, '/import')).toMatchObject({ status: 401 })
  })
})
