import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { basic, now, startIngest, tokens } from '../../../test/support/ingest-server.ts'
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
  const held = async (bytes: number) => {
    while (!(await server.metrics.metrics()).includes(`anabranch_ingest_held_bytes ${bytes}\n`)) await fetch(server.url)
  }
  await held(8_000)
  const send = () => fetch(`${server.url}/import`, { method: 'POST', headers, body: body(4_000, 'next') })
  expect((await send()).status).toBe(503)
  slow.destroy()
  await held(0)
  expect((await send()).status).toBe(200)
  expect((await server.events()).map(({ insertId }) => insertId)).toEqual(['next'])
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
