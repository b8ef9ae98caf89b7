/** Bodies that are not what their headers say: bombs, halves, wrong encodings, bytes that are no text, wrong lengths. */
import { constants, gzipSync, zstdCompressSync } from 'node:zlib'
import { rawRequest } from '../support/raw-http.ts'
import { goodEvent, importHeaders, importing, type Kind, type Setting } from './case.ts'

const megabyte = 1024 * 1024
let bombsMade: readonly (readonly [encoding: string, bytes: Buffer])[] | undefined

/** 64 MB and more in less than 70 kB each; made once. */
function bombs() {
  bombsMade ??= [
    ['gzip', gzipSync(Buffer.alloc(64 * megabyte, ' '))],
    ['gzip', gzipSync(Buffer.alloc(11 * megabyte, '['))],
    ['gzip', Buffer.concat(Array(80).fill(gzipSync(Buffer.alloc(megabyte))))],
    ['zstd', zstdCompressSync(Buffer.alloc(64 * megabyte, ' '))],
    ['zstd', Buffer.concat(Array(60).fill(zstdCompressSync(Buffer.alloc(megabyte))))],
  ]
  return bombsMade
}

const bomb: Kind = (setting) => {
  const [encoding, bytes] = setting.random.pick(bombs())
  const steps = [importing(setting, bytes, { 'Content-Encoding': encoding })]
  return { kind: `${encoding} bomb`, steps, status: 413, body: /max limit of 10485760/, stored: [] }
}

/** A frame that asks for a window of 128 MiB and more, for five bytes. */
const zstdWindow: Kind = (setting) => {
  const windowLog = 24 + setting.random.below(8)
  const frame = [0x28, 0xb5, 0x2f, 0xfd, 0, (windowLog - 10) << 3, 0x01 | (5 << 3), 0, 0, 0x5b, 0x5d, 0x20, 0x20, 0x20]
  const steps = [importing(setting, Buffer.from(frame), { 'Content-Encoding': 'zstd' })]
  return { kind: 'zstd with a huge window', steps, status: 400, body: /not zstd/, stored: [] }
}

const manyFrames: Kind = (setting) => {
  const frame = zstdCompressSync(Buffer.from(' '))
  const steps = [importing(setting, Buffer.concat(Array(100_000).fill(frame)), { 'Content-Encoding': 'zstd' })]
  return { kind: 'zstd of many frames', steps, status: 400, body: /frames of zstd/, stored: [] }
}

const damaged: Kind = (setting) => {
  const { random } = setting
  const text = Buffer.from(JSON.stringify([goodEvent(setting, setting.newId())]))
  const encoding = random.pick(['gzip', 'zstd'] as const)
  const params = { [constants.ZSTD_c_checksumFlag]: 1 }
  const bytes = encoding === 'gzip' ? gzipSync(text) : zstdCompressSync(text, { params })
  const harm = random.pick(['cut', 'flipped', 'plain', 'garbage behind', 'twice encoded'] as const)
  const sent = {
    cut: () => bytes.subarray(0, random.below(bytes.length)),
    // The checksum of either format is in its last bytes.
    flipped: () =>
      Buffer.from(bytes.map((byte, at) => (at === bytes.length - (encoding === 'gzip' ? 8 : 4) ? byte ^ 1 : byte))),
    plain: () => text,
    'garbage behind': () => Buffer.concat([bytes, Buffer.from('garbage')]),
    'twice encoded': () => (encoding === 'gzip' ? gzipSync(bytes) : zstdCompressSync(bytes)),
  }[harm]()
  const steps = [importing(setting, sent, { 'Content-Encoding': encoding })]
  return { kind: `${encoding}, ${harm}`, steps, status: 400, body: /not gzip|not zstd|not UTF-8|not JSON/, stored: [] }
}

const unknownEncoding: Kind = (setting) => {
  const encoding = setting.random.pick(['br', 'deflate', 'gzip, gzip', 'gzip,zstd', 'compress', '*', 'gzip;q=1', 'x'])
  const steps = [importing(setting, '[]', { 'Content-Encoding': encoding })]
  return { kind: 'an unknown encoding', steps, status: 415, body: /Content-Encoding/, stored: [] }
}

const unknownType: Kind = (setting) => {
  const type = setting.random.pick([
    'application/xml',
    'multipart/form-data; boundary=a',
    'text/html',
    'image/png',
    '*/*',
    'json',
  ])
  const steps = [importing(setting, '[]', { 'Content-Type': type })]
  return { kind: 'an unknown type', steps, status: 415, body: /Content-Type/, stored: [] }
}

/** Sequences that UTF-8 does not have: lone and missing continuations, overlong forms, surrogates, beyond Unicode. */
const notText: readonly (readonly number[])[] = [
  [0x80],
  [0xbf],
  [0xc3],
  [0xc0, 0xaf],
  [0xe0, 0x80, 0xaf],
  [0xe4, 0xbd],
  [0xed, 0xa0, 0x80],
  [0xed, 0xbf, 0xbf],
  [0xf0, 0x9f, 0x98],
  [0xf0, 0x80, 0x80, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xf8, 0x88, 0x80, 0x80, 0x80],
  [0xfe],
  [0xff, 0xfe],
]

const notUtf8: Kind = (setting) => {
  const { random } = setting
  const event = JSON.stringify(goodEvent(setting, setting.newId()))
  const at = random.pick([0, event.indexOf('Hostile') + 1, event.indexOf('user-'), event.length])
  const body = Buffer.concat([
    Buffer.from(`[${event.slice(0, at)}`),
    Buffer.from(random.pick(notText)),
    Buffer.from(`${event.slice(at)}]`),
  ])
  return { kind: 'no UTF-8', steps: [importing(setting, body)], status: 400, body: /not UTF-8/, stored: [] }
}

const otherUnicode: Kind = (setting) => {
  const encoded = Buffer.from(JSON.stringify([goodEvent(setting, setting.newId())]), 'utf16le')
  const marked = setting.random.chance(0.5)
  const body = marked ? Buffer.concat([Buffer.from([0xff, 0xfe]), encoded]) : encoded
  return { kind: 'UTF-16', steps: [importing(setting, body)], status: 400, body: /not UTF-8|not JSON/, stored: [] }
}

/** Text that is legal and odd: it is stored as it was sent. */
const oddText: Kind = (setting) => {
  const { random } = setting
  const id = setting.newId()
  const text = random.pick([
    '\u0000',
    '\u2028\u2029',
    '\ufeff',
    '\u202e',
    'e\u0301',
    'é',
    '👩‍👩‍👧‍👦',
    '\ud83d\ude00',
    '\uffff',
    '𝒳'.repeat(255),
    'ß',
    'İ',
  ])
  const event = goodEvent(setting, id)
  event.event = `x${text}`
  event.properties.text = text
  const body = random.chance(0.5) ? JSON.stringify([event]) : escaped(JSON.stringify([event]))
  return {
    kind: 'odd text',
    steps: [importing(setting, body)],
    status: 200,
    body: /"num_records_imported":1/,
    stored: [id],
  }
}

/** Everything outside of ASCII as `\u` escapes. */
const escaped = (json: string) =>
  json.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

const tooLarge: Kind = (setting) => {
  const { random } = setting
  const excess = random.pick([1, 1000, megabyte])
  const body = Buffer.alloc(10 * megabyte + excess, ' ')
  if (random.chance(0.5))
    return { kind: 'too large', steps: [importing(setting, body)], status: 413, body: /max limit/, stored: [] }
  const head = rawRequest('POST /import', importHeaders(setting, { 'Transfer-Encoding': 'chunked' }))
  const size = Buffer.from(`${body.length.toString(16)}\r\n`)
  const steps = [head, size, body, Buffer.from('\r\n0\r\n\r\n')]
  return { kind: 'too large, in chunks', steps, status: 413, body: /max limit/, stored: [] }
}

/** A length that the body does not have. */
const shorter: Kind = (setting) => {
  const body = JSON.stringify([goodEvent(setting, setting.newId())])
  const length = body.length + 1 + setting.random.below(1_000_000)
  const headers = importHeaders(setting, { 'Content-Length': String(length) })
  const steps = [rawRequest('POST /import', headers, body), 'finish' as const]
  return { kind: 'a body shorter than its length', steps, status: 400, body: /not HTTP/, stored: [] }
}

const longer: Kind = (setting) => {
  const body = JSON.stringify([goodEvent(setting, setting.newId())])
  const headers = importHeaders(setting, { 'Content-Length': String(1 + setting.random.below(body.length - 1)) })
  const steps = [rawRequest('POST /import', headers, body)]
  return { kind: 'a body longer than its length', steps, status: 400, body: /not JSON/, stored: [] }
}

const badLength: Kind = (setting: Setting) => {
  const length = setting.random.pick([
    '-1',
    '1e3',
    '0x10',
    'ten',
    '',
    '1,2',
    '+5',
    '99999999999999999999999',
    '1 2',
    '٣',
  ])
  const steps = [rawRequest('POST /import', importHeaders(setting, { 'Content-Length': length }), '[]')]
  return { kind: 'a length that is no number', steps, status: 400, body: /not HTTP/, stored: [] }
}

export const bodyKinds: readonly (readonly [weight: number, kind: Kind])[] = [
  [3, bomb],
  [3, zstdWindow],
  [1, manyFrames],
  [12, damaged],
  [4, unknownEncoding],
  [4, unknownType],
  [10, notUtf8],
  [2, otherUnicode],
  [8, oddText],
  [1, tooLarge],
  [8, shorter],
  [8, longer],
  [6, badLength],
]
