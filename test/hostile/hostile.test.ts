import { afterAll, beforeAll, expect, test } from 'vitest'
import { realClock } from '../../dataplane/runtime/clock.ts'
import { type IngestServer, startIngest } from '../support/ingest-server.ts'
import { hostileAccess, hostileCases } from './cases.ts'
import { runHostile } from './run.ts'

/** Client and server share a thread here, and a request of a client that is kept from sending is late too. */
const requestTimeoutMs = 3_000
let server: IngestServer

beforeAll(async () => {
  server = await startIngest({ clock: realClock, access: hostileAccess, limits: { requestTimeoutMs } })
})

afterAll(() => server.stop())

test('ingest: 400 hostile requests -> each gets the documented reply in time, nothing else is stored', async () => {
  const cases = hostileCases({ seed: 1, count: 400, now: realClock.now() })
  const report = await runHostile({ port: server.port, cases, atOnce: 64, deadlineMs: 10_000, slowDeadlineMs: 10_000 })
  expect(report.failures).toEqual([])
  expect(report.sent).toBe(400)
  const stored = (await server.events()).map(({ insertId }) => insertId)
  expect(stored.sort()).toEqual([...report.stored].sort())
  expect(await server.metrics.metrics()).toContain('anabranch_ingest_held_bytes 0\n')
  expect(server.away()).toBeUndefined()
})
