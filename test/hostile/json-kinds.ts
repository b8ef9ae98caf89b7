/** Bodies that are no JSON, or JSON that is built to hurt: at every depth, of every type, of every size. */
import { goodEvent, importing, type Kind, type SentEvent, type Setting } from './case.ts'

/** What may stand nowhere in JSON. */
const brokenValues: readonly string[] = [
  ...['', ',', ':', '}', ']', '{', '[', '"', "'a'", 'a', 'undefined', 'NaN', 'Infinity', '-Infinity', '-', '+1', '.5'],
  ...['1.', '01', '0x1f', '1e', '1e+', '1_000', '12n', 'True', 'nul', 'tru', '"\\x41"', '"\\u12"', '"\\ud8"', '"\\"'],
  ...['"a\nb"', '"a\tb"', '"\u0000"', '"a" "b"', '1 2', '// c\n1', '/* c */ 1', '[1,]', '[,1]', '{"a":1,}', '{a:1}'],
  ...["{'a':1}", '{"a"}', '{"a" 1}', '{"a"::1}', '{1:2}', '{,}', '[1;2]', '(1)', '`a`', '\u00a01', '\u2028"a"'],
]

/** A whole body around one value, so many lists and objects deep. */
function buried(setting: Setting, value: string, depth: number): string {
  const { random } = setting
  let opened = ''
  let closed = ''
  for (let level = 0; level < depth; level++) {
    const inList = random.chance(0.5)
    opened += inList ? '[1,' : '{"a":'
    closed = (inList ? ']' : '}') + closed
  }
  const event = JSON.stringify(goodEvent(setting, setting.newId()))
  return `[${event.slice(0, -2)},"hole":${opened}${value}${closed}}}]`
}

const notJson: Kind = (setting) => {
  const depth = setting.random.pick([0, 0, 1, 2, 3, 4, 10, 100, 1000])
  const body = buried(setting, setting.random.pick(brokenValues), depth)
  return {
    kind: `not JSON, ${depth} deep`,
    steps: [importing(setting, body)],
    status: 400,
    body: /not JSON/,
    stored: [],
  }
}

const cutOff: Kind = (setting) => {
  const body = JSON.stringify([goodEvent(setting, setting.newId()), goodEvent(setting, setting.newId())])
  const end = setting.random.below(body.length)
  const steps = [importing(setting, body.slice(0, end))]
  return { kind: 'JSON cut off', steps, status: 400, body: /not JSON/, stored: [] }
}

const deep: Kind = (setting) => {
  const { random } = setting
  const depth = random.pick([4, 5, 10, 1_000, 50_000, 200_000])
  const [open, close] = random.pick([
    ['[', ']'],
    ['{"a":', '}'],
  ] as const)
  const body = buried(setting, `${open.repeat(depth)}1${close.repeat(depth)}`, 0)
  return {
    kind: `${depth} deep`,
    steps: [importing(setting, body)],
    status: 400,
    body: /too_deep|too_large/,
    stored: [],
  }
}

const deepAndOpen: Kind = (setting) => {
  const { random } = setting
  const [open, containers] = random.pick([
    ['[', 1],
    ['{"a":', 1],
    ['[{"a":', 2],
  ] as const)
  const count = random.pick([1, 100, 100_000, 500_000])
  const steps = [importing(setting, open.repeat(count))]
  const [status, body] = count * containers > 524_288 ? ([413, /max limit/] as const) : ([400, /not JSON/] as const)
  return { kind: `${count} deep and open`, steps, status, body, stored: [] }
}

const tooManyContainers: Kind = (setting) => {
  const unit = setting.random.pick(['[],', '{},', '{"a":[]},'])
  const steps = [importing(setting, `[${unit.repeat(530_000)}1]`)]
  return { kind: 'too many lists and objects', steps, status: 413, body: /max limit/, stored: [] }
}

/** A good event with one thing wrong with it, the field and the code of its refusal. */
const wrongs: readonly ((
  setting: Setting,
) => readonly [change: (sent: SentEvent) => void, field: string, code: string])[] = [
  ({ random }) => [(sent) => (sent.event = random.pick([1, null, true, [], {}, ['a']])), 'event', 'type'],
  () => [(sent) => (sent.event = ''), 'event', 'empty'],
  () => [(sent) => delete (sent as Partial<SentEvent>).event, 'event', 'missing'],
  ({ random }) => [
    (sent) => ((sent as { properties: unknown }).properties = random.pick([1, null, 'a', [], [[]]])),
    'properties',
    'type',
  ],
  () => [(sent) => delete (sent as Partial<SentEvent>).properties, 'properties', 'missing'],
  ({ random }) => [
    (sent) => (sent.properties.time = random.pick(['1', null, true, [], {}])),
    'properties.time',
    'type',
  ],
  ({ random }) => [
    (sent) => (sent.properties.time = random.pick([-1, 0, 1e300, -1e300, 1e20, 31_535_999])),
    'properties.time',
    'time',
  ],
  ({ random }) => [
    (sent) => (sent.properties.distinct_id = random.pick([1, null, true, [], {}])),
    'properties.distinct_id',
    'type',
  ],
  ({ random }) => [
    (sent) => (sent.properties.distinct_id = random.pick(['null', 'Undefined', '[]', '{}', 'N/A'])),
    'properties.distinct_id',
    'banned',
  ],
  () => [(sent) => (sent.properties.distinct_id = '👤'.repeat(256)), 'properties.distinct_id', 'too_long'],
  ({ random }) => [
    (sent) => (sent.properties.$insert_id = random.pick(['a b', 'ü', 'a_b', 'a\u0000', '../x', "';--"])),
    'properties.$insert_id',
    'characters',
  ],
  () => [(sent) => (sent.properties.$insert_id = 'a'.repeat(37)), 'properties.$insert_id', 'too_long'],
  () => [(sent) => delete sent.properties.$insert_id, 'properties.$insert_id', 'missing'],
  ({ random }) => [
    (sent) => Object.assign(sent, { [random.pick(['token', 'constructor', 'x', 'toString'])]: 1 }),
    '*',
    'unknown',
  ],
  () => [(sent) => (sent.properties['nul\u0000'] = 1), 'properties', 'characters'],
  () => [(sent) => Object.assign(sent.properties, many(256)), 'properties', 'too_many'],
  () => [(sent) => (sent.properties.wide = many(256)), 'properties.wide', 'too_many'],
  () => [(sent) => (sent.properties.long = Array(256).fill(0)), 'properties.long', 'too_many'],
  () => [(sent) => (sent.properties.large = Array(34).fill('x'.repeat(250))), 'properties.large', 'too_large'],
  () => [(sent) => (sent.properties.half = '\ud800'), 'properties.half', 'unicode'],
  () => [(sent) => (sent.properties['\udfff'] = 1), 'properties', 'unicode'],
  () => [
    (sent) => Object.assign(sent.properties, { [`${'n'.repeat(255)}a`]: 1, [`${'n'.repeat(255)}b`]: 2 }),
    '*',
    'ambiguous',
  ],
  () => [(sent) => (sent.properties.token = 'other-hostile-token'), 'properties.token', 'token'],
]

const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, index]))

/** A batch in which some events are wrong: they are named, the others are stored. */
const wrongEvents: Kind = (setting) => {
  const { random } = setting
  const stored: string[] = []
  const wanted: string[] = []
  const events = Array.from({ length: 1 + random.below(8) }, (_, index) => {
    const id = setting.newId()
    const sent = goodEvent(setting, id)
    // At least the last one is wrong.
    if (random.chance(0.5) && wanted.length > 0) {
      stored.push(id)
      return sent
    }
    const [change, field, code] = random.pick(wrongs)(setting)
    change(sent)
    const shown = field === '*' ? '' : `"field":"${field.replace(/[.$]/g, '\\$&')}".*?`
    wanted.push(`"index":${index},.*?${shown}"code":"${code}"`)
    return sent
  })
  const body = new RegExp(`${wanted.join('.*')}.*"num_records_imported":${stored.length}`, 's')
  return { kind: 'wrong events', steps: [importing(setting, JSON.stringify(events))], status: 400, body, stored }
}

/** Numbers by their text, since `JSON.stringify` would make them ordinary. */
const numbers: Kind = (setting) => {
  const { random } = setting
  const finite = random.chance(0.5)
  const text = finite
    ? random.pick(['1e308', '-1e308', '1e-400', '-0', '0.1e1', '5e-324', '9'.repeat(300), `0.${'1'.repeat(5000)}`])
    : random.pick(['1e309', '-1e309', '1e999999999', '9'.repeat(310), '-'.concat('8'.repeat(100_000))])
  const id = setting.newId()
  const event = JSON.stringify(goodEvent(setting, id)).slice(0, -2)
  const steps = [importing(setting, `[${event},"n":${random.chance(0.5) ? text : `[{"a":${text}}]`}}}]`)]
  return finite
    ? { kind: 'odd numbers', steps, status: 200, body: /"num_records_imported":1/, stored: [id] }
    : { kind: 'infinite numbers', steps, status: 400, body: /"code":"number"/, stored: [] }
}

/** Names that objects of JavaScript have, as properties: they are only names. */
const prototypes: Kind = (setting) => {
  const { random } = setting
  const id = setting.newId()
  const name = random.pick([
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    'valueOf',
    '__defineGetter__',
  ])
  const value = random.pick([
    '1',
    'null',
    '{"isAdmin":true}',
    '{"__proto__":{"a":1}}',
    '[[]]',
    '{"constructor":{"prototype":{}}}',
  ])
  const event = JSON.stringify(goodEvent(setting, id)).slice(0, -2)
  const steps = [importing(setting, `[${event},"${name}":${value}}}]`)]
  return { kind: 'names of the prototype', steps, status: 200, body: /"num_records_imported":1/, stored: [id] }
}

/** `{"__proto__":{...the whole event...}}` must not stand in for the event. */
const inherited: Kind = (setting) => {
  const event = JSON.stringify(goodEvent(setting, setting.newId()))
  const steps = [importing(setting, `[{"__proto__":${event}}]`)]
  return { kind: 'an inherited event', steps, status: 400, body: /"code":"unknown"/, stored: [] }
}

/** Values where an event should be. */
const notEvents: Kind = (setting) => {
  const { random } = setting
  const values = Array.from({ length: 1 + random.below(20) }, () =>
    random.pick(['1', '"a"', 'null', 'true', '[]', '{}', '[[]]']),
  )
  const steps = [importing(setting, `[${values.join(',')}]`)]
  return { kind: 'no events', steps, status: 400, body: /"num_records_imported":0/, stored: [] }
}

const keys: Kind = (setting) => {
  const count = setting.random.pick([1_000, 20_000, 100_000])
  const distinct = Array.from({ length: count }, (_, index) => `"k${(index * 2654435761) % 4294967296}":1`).join(',')
  const event = JSON.stringify(goodEvent(setting, setting.newId())).slice(0, -2)
  const steps = [importing(setting, `[${event},${distinct}}}]`)]
  return { kind: `${count} keys`, steps, status: 400, body: /"code":"too_many"/, stored: [] }
}

const tooManyEvents: Kind = (setting) => {
  const lines = setting.random.chance(0.5)
  const events = Array.from({ length: 2001 }, () => JSON.stringify(goodEvent(setting, 'never')))
  const body = lines ? events.join('\n') : `[${events.join(',')}]`
  const headers = { 'Content-Type': lines ? 'application/x-ndjson' : 'application/json' }
  return {
    kind: '2,001 events',
    steps: [importing(setting, body, headers)],
    status: 413,
    body: /2000 events/,
    stored: [],
  }
}

/** Lines of which some are broken: the others are stored. */
const brokenLines: Kind = (setting) => {
  const { random } = setting
  const stored: string[] = []
  let broken = 0
  const lines = Array.from({ length: 1 + random.below(10) }, () => {
    if (random.chance(0.4)) {
      broken++
      return random.pick(['{', '}', '{"event":"x"', 'null,', '[}', '"', 'event=x', '\u0001'])
    }
    const id = setting.newId()
    stored.push(id)
    return JSON.stringify(goodEvent(setting, id))
  })
  const steps = [importing(setting, lines.join('\n'), { 'Content-Type': 'application/x-ndjson' })]
  const body = new RegExp(`"num_records_imported":${stored.length}`)
  return { kind: 'broken lines', steps, status: broken === 0 ? 200 : 400, body, stored }
}

export const jsonKinds: readonly (readonly [weight: number, kind: Kind])[] = [
  [20, notJson],
  [10, cutOff],
  [6, deep],
  [2, deepAndOpen],
  [1, tooManyContainers],
  [20, wrongEvents],
  [8, numbers],
  [8, prototypes],
  [3, inherited],
  [4, notEvents],
  [2, keys],
  [1, tooManyEvents],
  [6, brokenLines],
]
