import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type IngestServer, now, startIngest, tokens } from '../test/support/ingest-server.ts'
import type { Http } from './http.ts'
import { importSource, refusedShown } from './import.ts'
import { storedEvent } from './judge/stored.ts'
import { realHttp } from './machine/http.ts'
import { batched, type Source } from './source/source.ts'

let server: IngestServer
/** ms by which the server's clock is ahead: pauses of the demo move it. */
let slept = 0

beforeAll(async () => {
  server = await startIngest({ clock: { monotonic: () => slept } })
})
afterAll(() => server.stop())

const never = new AbortController().signal
const http: Http = {
  ...realHttp(never),
  async sleep(ms) {
    slept += ms
  },
}

function event(id: number, properties: object = {}, name = 'Tested'): string {
  const fixed = { time: now - 1000 * id, distinct_id: `user-${id % 7}`, $insert_id: `id-${id}` }
  return JSON.stringify({ event: name, properties: { ...fixed, ...properties } })
}

function source(lines: readonly string[]): Source {
  const numbered = lines.map((line, index) => ({ line, number: index + 1 }))
  return {
    title: 'some events',
    project: 'shop',
    unit: 'line',
    wishes: {},
    batches: () => batched([numbered], () => 1),
  }
}

async function imported(lines: readonly string[], token: string = tokens.shop) {
  const taken: string[] = []
  const told: number[] = []
  const result = await importSource(http, source(lines), {
    url: server.url,
    token,
    signal: never,
    taken: (some) => taken.push(...some),
    progress: ({ events }) => told.push(events),
  })
  return { ...result, taken, told }
}

describe('import', () => {
  test('import: good and bad lines -> the good ones are taken in order, the bad ones named and counted', async () => {
    const bad = ['{not json', event(2, { $insert_id: undefined }), '[]', event(4, { time: 'x' }), '7', '8', '9']
    const good = [event(10), event(11)]
    const result = await imported([good[0]!, ...bad, good[1]!])
    expect(result).toMatchObject({ accepted: 2, refused: bad.length, taken: good, told: [2] })
    expect(result.firstRefused.map(({ number }) => number)).toEqual([2, 3, 4, 5, 6])
    expect(result.firstRefused).toHaveLength(refusedShown)
    expect(result.firstRefused[0]!.why).toMatch(/not JSON/)
    expect(result.firstRefused[1]!.why).toMatch(/insert_id/)
  })

  test('import: what ingest changes on the way in -> what the oracle is given, written from the page alone (QRY-1)', async () => {
    const long = '🦦'.repeat(300)
    const lines = [
      event(100, { time: 1_767_000_000, token: tokens.shop, [`${long}key`]: 1 }),
      event(101, { time: 1_767_000_000.1236, text: long, deep: { [long]: [long, null, true, 1.5] } }),
      event(102, { time: now - 0.5, distinct_id: '', __proto__x: {}, list: [] }, long),
      `{"event":"proto","properties":{"time":${now},"distinct_id":"p","$insert_id":"id-103","__proto__":{"a":1},"zero":-0}}`,
    ]
    const { taken } = await imported(lines)
    expect(taken).toEqual(lines)
    const logged = (await server.events()).filter(({ insertId }) => /^id-10\d$/.test(insertId))
    const byId = Object.fromEntries(logged.map((one) => [one.insertId, one]))
    for (const line of lines) {
      const { event: name, distinct_id, time, insert_id, properties, project } = storedEvent(line, 'shop')
      const found = byId[insert_id]!
      expect({ ...found, properties: null }).toEqual({
        ...{ project, event: name, distinctId: distinct_id, time, insertId: insert_id },
        properties: null,
      })
      // -0 is stored as 0, which the oracle sees to by itself.
      expect(JSON.stringify(found.properties)).toBe(JSON.stringify(properties))
    }
  })

  test('import: a request with too many lists for one body -> halved until each part is taken', async () => {
    const lists = Array.from({ length: 250 }, () => [[], [], [], []])
    const lines = Array.from({ length: 600 }, (_, i) => event(1000 + i, { lists }))
    const { accepted, refused, taken } = await imported(lines)
    expect({ accepted, refused }).toEqual({ accepted: 600, refused: 0 })
    expect(taken).toEqual(lines)
  })

  test('import: a quota answers "later" -> sent again after the pause that it names, nothing lost', async () => {
    const before = slept
    const first = await imported(
      Array.from({ length: 60 }, (_, i) => event(i, {}, 'Slow')),
      tokens.slow,
    )
    expect(first.accepted).toBe(60)
    const second = await imported([event(90, {}, 'Slow')], tokens.slow)
    expect(second.accepted).toBe(1)
    expect(slept - before).toBeGreaterThanOrEqual(1000)
  })

  test('import: a token that opens nothing -> says what the server said', async () => {
    await expect(imported([event(1)], 'no-such-token')).rejects.toThrow(/got 401 .*Invalid credentials.*, want 200/)
  })

  test('import: the source breaks in the middle -> what was read before is sent, then its own error', async () => {
    async function* breaking() {
      yield { lines: [event(5000)], numbers: [1], unsendable: [], done: 0.5 }
      throw new Error('the disk is gone')
    }
    const taken: string[] = []
    const failing = importSource(
      http,
      { ...source([]), batches: breaking },
      { url: server.url, token: tokens.shop, signal: never, taken: (some) => taken.push(...some), progress: () => {} },
    )
    await expect(failing).rejects.toThrow('the disk is gone')
    expect(taken).toHaveLength(1)
  })
})
