/** The server SDK as it comes from npm, against ingest. */
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import Mixpanel from 'mixpanel'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { selfSigned } from '../../common/certificate.ts'
import { realClock } from '../../dataplane/runtime/clock.ts'
import { account, type IngestServer, startIngest, tokens } from '../support/ingest-server.ts'

const tls = selfSigned()
const authorities = getCACertificates('default')
const proxies = ['HTTPS_PROXY', 'HTTP_PROXY'].map((name) => [name, process.env[name]] as const)
let server: IngestServer

beforeAll(() => {
  setDefaultCACertificates([...authorities, tls.certificate])
  for (const [name] of proxies) delete process.env[name]
})

afterAll(() => {
  setDefaultCACertificates(authorities)
  for (const [name, value] of proxies) if (value !== undefined) process.env[name] = value
})

afterEach(() => server.stop())

const start = async (options: Parameters<typeof startIngest>[0] = {}) => {
  server = await startIngest({ clock: realClock, ...options })
}

const logger = { trace() {}, debug() {}, info() {}, warn() {}, error() {} }

function client(options: object = {}) {
  const protocol = server.url.split(':')[0]!
  return Mixpanel.init(tokens.shop, {
    host: `127.0.0.1:${server.port}`,
    protocol,
    keepAlive: false,
    logger,
    ...options,
  })
}

/** What the SDK calls back with: nothing when all is well. */
const outcome = (call: (callback: (error: unknown) => void) => void) => new Promise<unknown>((resolve) => call(resolve))

const events = (count: number, time: number, from = 0) =>
  Array.from({ length: count }, (_, index) => ({
    event: 'Bought',
    properties: { distinct_id: `user-${index % 7}`, $insert_id: `id-${from + index}`, time, index },
  }))

test('mixpanel for Node: track -> stored, with the time of arrival and an insert id where it sends none', async () => {
  await start()
  const before = realClock.now()
  const properties = { distinct_id: 'user-1', price: 9.5, tags: ['a', 'b'], 'naïve key': 'ünï' }
  expect(await outcome((done) => client().track('Signed up', properties, done))).toBeUndefined()
  const [stored] = await server.events()
  expect(stored).toMatchObject({
    ...{ project: 'shop', event: 'Signed up', distinctId: 'user-1' },
    properties: { price: 9.5, tags: ['a', 'b'], 'naïve key': 'ünï', mp_lib: 'node' },
  })
  expect(stored!.time).toBeGreaterThanOrEqual(before)
  expect(stored!.insertId).not.toBe('')
  expect(stored!.properties).not.toHaveProperty('token')
})

test('mixpanel for Node: track with verbose and without a user -> stored for nobody', async () => {
  await start()
  expect(await outcome((done) => client({ verbose: true }).track('Opened', {}, done))).toBeUndefined()
  expect(await server.events()).toMatchObject([{ event: 'Opened', distinctId: '' }])
})

test('mixpanel for Node: track_batch of 120 -> three requests, all stored', async () => {
  await start()
  const sent = events(120, realClock.now())
  expect(await outcome((done) => client().track_batch(sent, done))).toBeNull()
  const stored = await server.events()
  expect(new Set(stored.map(({ insertId }) => insertId)).size).toBe(120)
  expect(await server.metrics.metrics()).toContain('anabranch_ingest_requests_total{path="/track",status="200"} 3')
})

test('mixpanel for Node: import over TLS with a secret -> stored, however old', async () => {
  await start({ tls })
  const time = new Date('2001-02-03T04:05:06.789Z')
  const properties = { distinct_id: 'user-1', $insert_id: 'old-1' }
  const mixpanel = client({ secret: tokens.shop })
  expect(await outcome((done) => mixpanel.import('Signed up', time, properties, done))).toBeUndefined()
  expect(await server.events()).toMatchObject([{ time: time.getTime(), insertId: 'old-1', distinctId: 'user-1' }])
})

test('mixpanel for Node: import_batch over TLS with a service account -> all stored', async () => {
  await start({ tls })
  const { ServiceAccountCredentials } = Mixpanel as unknown as {
    ServiceAccountCredentials: new (user: string, secret: string, project: string) => object
  }
  const credentials = new ServiceAccountCredentials(account.user, account.secret, 'shop')
  const sent = events(110, new Date('2010-01-01T00:00:00Z').getTime())
  expect(await outcome((done) => client({ credentials }).import_batch(sent, done))).toBeNull()
  expect((await server.events()).length).toBe(110)
})

test.each([
  ['a token that is unknown', 'no-such-token', { distinct_id: 'u' }, /opens no project/],
  ['an event that is too old', tokens.shop, { distinct_id: 'u', time: 1_000_000_000 }, /: 0$/],
] as const)('mixpanel for Node: %s -> it says so, nothing is stored', async (_name, token, properties, message) => {
  await start()
  const mixpanel = Mixpanel.init(token, { host: `127.0.0.1:${server.port}`, protocol: 'http', keepAlive: false })
  const error = await outcome((done) => mixpanel.track('Signed up', { ...properties }, done))
  expect(String(error)).toMatch(message)
  expect(await server.events()).toEqual([])
})

test('mixpanel for Node: profiles, which are not provided -> an error, never success', async () => {
  await start()
  const error = await outcome((done) => client().people.set('user-1', { plan: 'pro' }, done))
  expect(String(error)).toMatch(/profiles are not stored/)
})
