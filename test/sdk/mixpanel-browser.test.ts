/** The browser SDK as it comes from npm, in a window whose page is of another site, against ingest. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { realClock } from '../../dataplane/runtime/clock.ts'
import { type IngestServer, startIngest, tokens } from '../support/ingest-server.ts'

interface BrowserSdk {
  init(token: string, config: object): void
  identify(id: string): void
  track(name: string, properties?: object, options?: object, callback?: (reply: unknown) => void): void
  people: { set(properties: object, callback: (reply: unknown) => void): void }
}

/** The part of jsdom that is used; it brings no types. */
interface Page {
  readonly window: { eval(source: string): void; close(): void }
}

const require = createRequire(import.meta.url)
const { JSDOM, VirtualConsole } = require('jsdom') as {
  JSDOM: new (html: string, options: object) => Page
  VirtualConsole: new () => object
}
const source = readFileSync(require.resolve('mixpanel-browser/dist/mixpanel.umd.js'), 'utf8')
let server: IngestServer
let page: Page

beforeEach(async () => {
  server = await startIngest({ clock: realClock })
  page = new JSDOM('<!doctype html><title>shop</title>', {
    url: 'http://shop.example/cart?a=1',
    runScripts: 'outside-only',
    virtualConsole: new VirtualConsole(),
  })
})

afterEach(async () => {
  page.window.close()
  await server.stop()
})

function sdk(config: object = {}): BrowserSdk {
  page.window.eval(source)
  const { mixpanel } = page.window as unknown as { mixpanel: BrowserSdk }
  mixpanel.init(tokens.shop, { api_host: server.url, ...config })
  return mixpanel
}

async function stored(count: number) {
  for (;;) {
    const events = await server.events()
    if (events.length >= count) return events
    await realClock.sleep(5)
  }
}

const sentAtOnce = (mixpanel: BrowserSdk, name: string, properties: object = {}) =>
  new Promise<unknown>((resolve) => mixpanel.track(name, properties, { send_immediately: true }, resolve))

test.each(['base64', 'json'])(
  'mixpanel in a browser: track at once, payload as %s -> 1, and it is stored',
  async (format) => {
    const mixpanel = sdk({ api_payload_format: format })
    mixpanel.identify('user-1')
    expect(await sentAtOnce(mixpanel, 'Viewed', { text: 'ünï >>>??? 你', list: [1, 'a'] })).toBe(1)
    expect((await server.events()).find(({ event }) => event === 'Viewed')).toMatchObject({
      ...{ project: 'shop', distinctId: 'user-1' },
      properties: {
        text: 'ünï >>>??? 你',
        list: [1, 'a'],
        $current_url: 'http://shop.example/cart?a=1',
        mp_lib: 'web',
      },
    })
  },
)

test('mixpanel in a browser: a batch of 60 -> flushed in the background, each event once', async () => {
  const mixpanel = sdk({ batch_flush_interval_ms: 10 })
  for (let index = 0; index < 60; index++) mixpanel.track('Scrolled', { index })
  const events = (await stored(60)).filter(({ event }) => event === 'Scrolled')
  expect(new Set(events.map(({ properties }) => properties.index)).size).toBe(60)
  expect(new Set(events.map(({ insertId }) => insertId)).size).toBe(60)
  expect(new Set(events.map(({ distinctId }) => distinctId)).size).toBe(1)
})

test('mixpanel in a browser: headers that a browser asks about first -> the preflight is answered, then stored', async () => {
  const mixpanel = sdk({ xhr_headers: { 'X-Shop': 'a' } })
  expect(await sentAtOnce(mixpanel, 'Viewed')).toBe(1)
  const metrics = await server.metrics.metrics()
  expect(metrics).toContain('anabranch_ingest_requests_total{path="/track",status="204"} 1')
})

test('mixpanel in a browser: an event that is refused -> 0', async () => {
  expect(await sentAtOnce(sdk(), 'Viewed', { time: 1_000_000_000 })).toBe(0)
  expect(await server.events()).toEqual([])
})

test('mixpanel in a browser: profiles, which are not provided -> not a success', async () => {
  const mixpanel = sdk({ batch_requests: false })
  mixpanel.identify('user-1')
  expect(await new Promise((resolve) => mixpanel.people.set({ plan: 'pro' }, resolve))).toBe(0)
})
