import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { basic, type IngestServer, now, startIngest, tokens } from '../../../test/support/ingest-server.ts'
import { MemoryLog } from '../../../test/support/memory-log.ts'
import { RawConnection, rawRequest } from '../../../test/support/raw-http.ts'

/** A log whose appends wait for `go`. */
class WaitingLog extends MemoryLog {
  go = () => {}
  readonly #gone = new Promise<void>((resolve) => {
    this.go = resolve
  })
  readonly appending = Promise.withResolvers<void>()

  override async append(partition: number, record: Uint8Array): Promise<number> {
    this.appending.resolve()
    await this.#gone
    return super.append(partition, record)
  }
}

function body(bytes: number, id: string): string {
  const event = { event: 'x', properties: { time: now, distinct_id: 'u', $insert_id: id } }
  return JSON.stringify([event]).padEnd(bytes, ' ')
}

/** Waits until so many bytes are held; a request to the server lets it read. */
async function held(server: IngestServer, bytes: number): Promise<void> {
  while (!(await server.metrics.metrics()).includes(`anabranch_ingest_held_bytes ${bytes}\n`)) await fetch(server.url)
}

const headers = { 'content-type': 'application/json', ...basic(tokens.shop) }

test('ingest: bodies that wait for the log fill the memory -> 503 with Retry-After, taken again once they are durable', async () => {
  const log = new WaitingLog()
  const server = await startIngest({ log, heldBytesMax: 10_000 })
  const send = (bytes: number, id: string) =>
    fetch(`${server.url}/import`, { method: 'POST', headers, body: body(bytes, id) })
  const waiting = send(6_000, 'first')
  await log.appending.promise
  const refused = await send(5_000, 'second')
  expect(refused.status).toBe(503)
  expect(refused.headers.get('retry-after')).toBe('2')
  expect(await refused.json()).toMatchObject({ code: 503, error: expect.stringContaining('INGEST_BUSY') })
  expect(await server.metrics.metrics()).toContain('anabranch_ingest_held_bytes 6000')
  log.go()
  expect((await waiting).status).toBe(200)
  expect((await send(5_000, 'second')).status).toBe(200)
  expect((await server.events()).map(({ insertId }) => insertId).sort()).toEqual(['first', 'second'])
  expect(await server.metrics.metrics()).toContain('anabranch_ingest_held_bytes 0')
  await server.stop()
})

test('ingest: bodies that never end -> count as they come, and no more once their connection is gone', async () => {
  const server = await startIngest({ heldBytesMax: 10_000 })
  const slow = await RawConnection.open(server.port)
  slow.send(rawRequest('POST /import', { ...headers, 'Content-Length': '9000' }, body(8_000, 'slow')))
  await held(server, 8_000)
  const send = () => fetch(`${server.url}/import`, { method: 'POST', headers, body: body(4_000, 'next') })
  expect((await send()).status).toBe(503)
  slow.destroy()
  await held(server, 0)
  expect((await send()).status).toBe(200)
  expect((await server.events()).map(({ insertId }) => insertId)).toEqual(['next'])
  await server.stop()
})

test('ingest: bodies that come slowly fill the memory -> after a second they give way to others, with 503', async () => {
  const time = { ms: 0 }
  const server = await startIngest({ heldBytesMax: 10_000, clock: { monotonic: () => time.ms } })
  const slow = async (bytes: number, id: string) => {
    const connection = await RawConnection.open(server.port)
    connection.send(rawRequest('POST /import', { ...headers, 'Content-Length': '9000' }, body(bytes, id)))
    return connection
  }
  const first = await slow(4_000, 'slow-1')
  await held(server, 4_000)
  const second = await slow(4_000, 'slow-2')
  await held(server, 8_000)
  const send = () => fetch(`${server.url}/import`, { method: 'POST', headers, body: body(5_000, 'quick') })
  time.ms = 999
  expect((await send()).status).toBe(503)
  time.ms = 1_001
  expect((await send()).status).toBe(200)
  expect(await first.reply()).toMatchObject({ status: 503, body: expect.stringContaining('comes slowly') })
  second.send(' '.repeat(5_000))
  expect(await second.reply()).toMatchObject({ status: 200 })
  expect((await server.events()).map(({ insertId }) => insertId).sort()).toEqual(['quick', 'slow-2'])
  await held(server, 0)
  first.destroy()
  second.destroy()
  await server.stop()
})

test('ingest: a small body that is large inside -> counts for what is inside', async () => {
  const server = await startIngest({ heldBytesMax: 10_000 })
  const send = (bytes: number) =>
    fetch(`${server.url}/import`, {
      ...{ method: 'POST', headers: { ...headers, 'content-encoding': 'gzip' } },
      body: gzipSync(body(bytes, 'a')),
    })
  expect((await send(9_000)).status).toBe(200)
  expect((await send(11_000)).status).toBe(503)
  await server.stop()
})
