/** The dialect of SDKs, abused. */
import { rawRequest } from '../support/raw-http.ts'
import { goodEvent, type Kind, type SentEvent, type Setting } from './case.ts'

const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64')

function tracked(setting: Setting, id: string): SentEvent {
  const event = goodEvent(setting, id)
  event.properties.token = setting.token
  return event
}

/** `data` in a query or in a form, escaped. */
function sending(setting: Setting, data: string, more = ''): Uint8Array {
  const pair = `data=${encodeURIComponent(data)}${more}`
  return setting.random.chance(0.5) ? rawRequest(`GET /track?${pair}`) : rawRequest('POST /track/', form, pair)
}

const noData: Kind = (setting) => {
  const data = setting.random.pick([
    ...[
      '',
      ' ',
      '%%%',
      'hello',
      '====',
      'YQ',
      'e30',
      '[]',
      '{',
      '[',
      '////',
      'bnVsbA==',
      'data=',
      '\u0000',
      '👤',
      '[{]',
    ],
    ...['W10=', 'eyJhIjo=', '[1,2]', '{"event":"x"}', 'null', '1', '"a"', '{"__proto__":{"event":"x"}}'],
  ])
  return { kind: 'track: no events', steps: [sending(setting, data)], status: 200, body: /^0$/, stored: [] }
}

const badToken: Kind = (setting) => {
  const event = tracked(setting, setting.newId())
  event.properties.token = setting.random.pick([
    'x',
    'hostile-query-token',
    '__proto__',
    'a'.repeat(3_000),
    '\u0000',
    '👤',
  ])
  const steps = [sending(setting, base64([event]))]
  return { kind: 'track: bad tokens', steps, status: 401, body: /properties\.token/, stored: [] }
}

const noToken: Kind = (setting) => {
  const event = tracked(setting, setting.newId())
  event.properties.token = setting.random.pick([undefined, null, 1, '', [], {}, [setting.token], { a: setting.token }])
  const steps = [sending(setting, base64([event]), '&verbose=1')]
  return {
    kind: 'track: tokens that are none',
    steps,
    status: 200,
    body: /"status":0,"error":".*properties\.token/,
    stored: [],
  }
}

const callbacks: Kind = (setting) => {
  const callback = setting.random.pick([
    'alert(1)',
    '<script>',
    'a;b',
    'a b',
    'a\n',
    "a'+b",
    '(function(){}',
    'é',
    'a'.repeat(129),
    '',
  ])
  const steps = [
    sending(setting, base64([tracked(setting, setting.newId())]), `&callback=${encodeURIComponent(callback)}`),
  ]
  return { kind: 'track: callbacks', steps, status: 400, body: /callback/, stored: [] }
}

const someGood: Kind = (setting) => {
  const stored = [setting.newId(), setting.newId()]
  const events: unknown[] = stored.map((id) => tracked(setting, id))
  const old = tracked(setting, setting.newId())
  old.properties.time = setting.now - 6 * 86_400_000
  events.splice(1, 0, old, 1, null, [], { event: 'x' })
  const steps = [sending(setting, setting.random.chance(0.5) ? base64(events) : JSON.stringify(events), '&verbose=1')]
  return { kind: 'track: some good', steps, status: 200, body: /"status":1,"error":"5 of 7 events refused/, stored }
}

const badForm: Kind = (setting) => {
  const body = setting.random.pick([
    'data=%',
    'data=%ff',
    `data=${'%'.repeat(100)}`,
    'a=1&'.repeat(65),
    `${'&=1'.repeat(70)}`,
  ])
  const steps = [rawRequest('POST /track', form, body)]
  return { kind: 'track: a bad form', steps, status: 400, body: /parameter/, stored: [] }
}

const tooMany: Kind = () => {
  const events = Array.from({ length: 2001 }, () => ({ event: 'x', properties: {} }))
  const steps = [rawRequest('POST /track', { 'Content-Type': 'application/json' }, JSON.stringify(events))]
  return { kind: 'track: 2,001 events', steps, status: 413, body: /2000 events/, stored: [] }
}

const profiles: Kind = (setting) => {
  const { random } = setting
  const line = random.pick(['POST /engage', 'POST /groups/', 'GET /engage?verbose=1', 'GET /groups?img=1&callback=f'])
  const steps = [rawRequest(line, form, 'data=e30=')]
  return { kind: 'track: profiles', steps, status: 501, body: /"status":0/, stored: [] }
}

const preflight: Kind = ({ random }) => {
  const origin = random.pick([
    'null',
    'https://a.example',
    'x'.repeat(1000),
    '*',
    'https://a.example, https://b.example',
  ])
  const asked = random.pick(['content-type', 'x'.repeat(2000), '*', ''])
  const headers = { Origin: origin, 'Access-Control-Request-Headers': asked, 'Access-Control-Request-Method': 'POST' }
  return { kind: 'track: preflights', steps: [rawRequest('OPTIONS /track', headers)], status: 204, stored: [] }
}

export const trackKinds: readonly (readonly [weight: number, kind: Kind])[] = [
  [10, noData],
  [6, badToken],
  [6, noToken],
  [5, callbacks],
  [8, someGood],
  [4, badForm],
  [1, tooMany],
  [3, profiles],
  [3, preflight],
]
