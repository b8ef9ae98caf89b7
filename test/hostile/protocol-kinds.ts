/** What is hardly HTTP: floods of headers, smuggled requests, wrong methods and paths, senders that never finish. */
import { rawRequest } from '../support/raw-http.ts'
import { goodEvent, type HostileCase, importHeaders, importing, type Kind, type Setting } from './case.ts'

const bytes = (text: string) => Buffer.from(text, 'latin1')

const headerFlood: Kind = (setting) => {
  const { random } = setting
  const form = random.pick(['one large', 'many', 'many small', 'a long path', 'endless'] as const)
  const flood = {
    'one large': () => rawRequest('GET /track', { 'X-A': 'a'.repeat(33_000 + random.below(1_000_000)) }),
    many: () => rawRequest('GET /track', headers(120 + random.below(80))),
    'many small': () => bytes(`GET /track HTTP/1.1\r\nHost: a\r\n${'a:\r\n'.repeat(20_000)}\r\n`),
    'a long path': () => bytes(`GET /track?data=${'a'.repeat(100_000)} HTTP/1.1\r\nHost: a\r\n\r\n`),
    endless: () => bytes(`GET /track HTTP/1.1\r\nHost: a\r\n${'X-Flood: 1\r\n'.repeat(100_000)}`),
  }[form]()
  return { kind: `headers: ${form}`, steps: [flood], status: 431, body: /headers/, stored: [] }
}

const headers = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`X-${index}`, '1']))

/** Requests that two servers could read differently: refused, never guessed. */
const smuggled: Kind = (setting) => {
  const { random } = setting
  const auth = `Authorization: Basic ${setting.token}:\r\nContent-Type: application/json\r\nHost: a\r\n`
  const event = JSON.stringify([goodEvent(setting, setting.newId())])
  const chunk = `${event.length.toString(16)}\r\n${event}\r\n0\r\n\r\n`
  const text = random.pick([
    `POST /import HTTP/1.1\r\n${auth}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`,
    `POST /import HTTP/1.1\r\n${auth}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n${chunk}`,
    `POST /import HTTP/1.1\r\n${auth}Content-Length: ${event.length}\r\nContent-Length: 5\r\n\r\n${event}`,
    `POST /import HTTP/1.1\r\n${auth}Transfer-Encoding: chunked, identity\r\n\r\n${chunk}`,
    `POST /import HTTP/1.1\r\n${auth}Transfer-Encoding: xchunked\r\n\r\n${chunk}`,
    `POST /import HTTP/1.1\r\n${auth}Transfer-Encoding : chunked\r\n\r\n${chunk}`,
    `POST /import HTTP/1.1\r\n${auth}Transfer-Encoding: chunked\r\n\r\nzz\r\n${event}\r\n0\r\n\r\n`,
    `POST /import HTTP/1.1\r\n${auth}Transfer-Encoding: chunked\r\n\r\n-1\r\n${event}\r\n0\r\n\r\n`,
    `POST /import HTTP/1.1\r\n${auth}Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n${event}\r\n0\r\n\r\n`,
    `POST /import HTTP/1.1\r\n${auth}Transfer-Encoding: chunked\r\n\r\n${event.length.toString(16)}\r\n${event}XX0\r\n\r\n`,
  ])
  return { kind: 'smuggled', steps: [bytes(text)], status: 400, body: /not HTTP/, stored: [] }
}

const notHttp: Kind = ({ random }) => {
  const text = random.pick([
    'hello\r\n\r\n',
    '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003',
    'GET\r\n\r\n',
    'GET /track\r\n\r\n',
    'GET /track HTTP/9.9\r\nHost: a\r\n\r\n',
    'GET /tr ack HTTP/1.1\r\nHost: a\r\n\r\n',
    'get /track HTTP/1.1\r\nHost: a\r\n\r\n',
    'G\u0000T /track HTTP/1.1\r\nHost: a\r\n\r\n',
    'GET /track HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n',
    'GET /track HTTP/1.1\r\nHost: a\r\nX: a\u0000b\r\n\r\n',
    'GET /track HTTP/1.1\r\nHost: a\r\nX\u00e9: 1\r\n\r\n',
    'GET /track HTTP/1.1\r\nHost: a\rX: 1\r\n\r\n',
    'BREW /pot HTCPCP/1.0\r\nHost: a\r\n\r\n',
    `${'\u00ff'.repeat(1000)}\r\n\r\n`,
  ])
  return { kind: 'no HTTP', steps: [bytes(text)], status: 400, body: /not HTTP/, stored: [] }
}

const noHost: Kind = () => ({
  kind: 'no Host',
  steps: [bytes('GET /track HTTP/1.1\r\n\r\n')],
  status: 400,
  body: /Host/,
  stored: [],
})

const wrongPath: Kind = ({ random }) => {
  const path = random.pick([
    ...['/', '//import', '/import/x', '/IMPORT', '/import%00', '/%69mport', '/../import', '/import;x', '/metrics'],
    ...['/v1/query', '/.env', '/track/track', 'http://a/import', '*', '/import#x', `/${'a/'.repeat(1000)}`],
  ])
  return {
    kind: 'a wrong path',
    steps: [rawRequest(`GET ${path}`)],
    status: 404,
    body: /nothing is served/,
    stored: [],
  }
}

const wrongMethod: Kind = ({ random }) => {
  const method = random.pick(['PUT', 'DELETE', 'PATCH', 'TRACE', 'HEAD', 'PROPFIND', 'SEARCH', 'LINK', 'CONNECT'])
  const path = random.pick(['/import', '/track', '/engage'])
  const steps = [rawRequest(`${method} ${path}`)]
  const isHead = method === 'HEAD'
  const body = isHead ? /^$/ : /want one of GET, POST/
  return { kind: `method ${method}`, steps, status: 405, body, stored: [], isHead }
}

const badCredentials: Kind = (setting) => {
  const { random, token } = setting
  const base64 = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`
  const value = random.pick([
    ...[
      '',
      'Basic',
      'Basic ',
      'Bearer x',
      token,
      `Basic ${token}`,
      `basic${token}:`,
      base64(token),
      base64(`${token}x:`),
    ],
    ...[
      base64(`${token.toUpperCase()}:`),
      base64(`:${token}`),
      base64(`${token}:secret`),
      base64(':'),
      'Basic ====',
      'Basic :',
    ],
    ...[
      base64('__proto__:'),
      base64('constructor:x'),
      base64(`${'a'.repeat(10_000)}:`),
      base64('\u0000:'),
      "Basic ' or 1=1:",
    ],
    ...[base64('hostile-query-token:'), `Basic ${Buffer.from([0xff, 0xfe, 0x3a]).toString('base64')}`],
  ])
  const query = random.pick(['', '?project_id=hostile', '?project_id=', '?project_id=__proto__'])
  const body = JSON.stringify([goodEvent(setting, setting.newId())])
  const steps = [rawRequest(`POST /import${query}`, { ...importHeaders(setting), Authorization: value }, body)]
  return { kind: 'bad credentials', steps, status: 401, body: /Invalid credentials/, stored: [] }
}

const badQuery: Kind = (setting) => {
  const query = setting.random.pick([
    'a=%',
    '%zz=1',
    'a=%ff',
    'strict=2',
    'strict=true',
    'strict=',
    'strict=%30%30',
    'a&'.repeat(65),
  ])
  const steps = [rawRequest(`POST /import?${query}`, importHeaders(setting), '[]')]
  return { kind: 'a bad query', steps, status: 400, body: /parameter|strict/, stored: [] }
}

/** Never finishes; some send a byte now and then to look alive. */
const slow: Kind = (setting) => {
  const { random } = setting
  const head = rawRequest('POST /import', importHeaders(setting, { 'Content-Length': '5000' }), '[{"event":')
  const form = random.pick(['headers', 'dripping headers', 'body', 'dripping body', 'silent chunk'] as const)
  const chunked = importHeaders(setting, { 'Transfer-Encoding': 'chunked' })
  const steps: HostileCase['steps'] = {
    headers: [bytes('POST /import HTTP/1.1\r\nHost: a\r\n')],
    'dripping headers': [
      bytes('POST /import HTTP/1.1\r\nHost: a\r\nX: '),
      { drip: bytes('a'.repeat(10_000)), everyMs: 20 },
    ],
    body: [head],
    'dripping body': [head, { drip: bytes(' '.repeat(4_000)), everyMs: 20 }],
    'silent chunk': [rawRequest('POST /import', chunked, 'ff\r\n[')],
  }[form]
  return { kind: `slow: ${form}`, steps, status: 408, body: /in time/, stored: [], isSlow: true }
}

/** A good request in odd pieces: it is taken. */
const inPieces: Kind = (setting) => {
  const id = setting.newId()
  const request = importing(setting, JSON.stringify([goodEvent(setting, id)]))
  const at = 1 + setting.random.below(request.length - 1)
  const steps = [request.subarray(0, at), request.subarray(at)]
  return { kind: 'in two pieces', steps, status: 200, body: /"num_records_imported":1/, stored: [id] }
}

const good: Kind = (setting: Setting) => {
  const ids = Array.from({ length: 1 + setting.random.below(20) }, () => setting.newId())
  const steps = [importing(setting, JSON.stringify(ids.map((id) => goodEvent(setting, id))))]
  return { kind: 'good', steps, status: 200, body: new RegExp(`"num_records_imported":${ids.length}`), stored: ids }
}

export const protocolKinds: readonly (readonly [weight: number, kind: Kind])[] = [
  [8, headerFlood],
  [10, smuggled],
  [8, notHttp],
  [2, noHost],
  [5, wrongPath],
  [5, wrongMethod],
  [14, badCredentials],
  [5, badQuery],
  [4, slow],
  [6, inPieces],
  [20, good],
]
