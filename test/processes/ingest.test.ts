import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ChannelCredentials } from '@grpc/grpc-js'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { selfSigned } from '../../common/certificate.ts'
import { dumpEvents } from '../../dataplane/log/dump.ts'
import { callUnary } from '../../dataplane/rpc/client.ts'
import { realClock } from '../../dataplane/runtime/clock.ts'
import { realDisk } from '../../dataplane/runtime/disk.ts'
import { AdminClient } from '../../proto/generated/anabranch/v1/admin.ts'
import { type RoleProcess, startRole, stopAll } from '../support/processes/process.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'anabranch-ingest-'))
})

afterEach(async () => {
  await stopAll()
  await rm(folder, { recursive: true })
})

const table = (version: number, tokens: readonly string[]) =>
  JSON.stringify({
    version,
    projects: [{ id: 'p1', tokens: tokens.map((token) => ({ name: token, access: 'Ingest', token })) }],
  })

const startLog = (port = 0) => startRole('log', { 'log-folder': join(folder, 'log'), 'grpc-port': port, partitions: 2 })

async function startIngest(log: RoleProcess, flags: Record<string, string | number> = {}): Promise<RoleProcess> {
  const access = join(folder, 'access.json')
  await writeFile(access, table(1, ['first-token']))
  return startRole('ingest', {
    log: log.endpoints.grpc!,
    'access-table': access,
    'http-port': 0,
    'grpc-port': 0,
    ...flags,
  })
}

const event = (id: string) => ({
  ...{ event: 'x', properties: { time: realClock.now(), distinct_id: `u-${id}`, $insert_id: id } },
})

function send(ingest: RoleProcess, events: readonly object[], token = 'first-token'): Promise<Response> {
  return fetch(`http://${ingest.endpoints.http}/import`, {
    method: 'POST',
    headers: { authorization: `Basic ${token}:`, 'content-type': 'application/json' },
    body: JSON.stringify(events),
  })
}

async function storedIds(): Promise<string[]> {
  const ids: string[] = []
  for await (const { insert_id } of dumpEvents(realDisk('/'), join(folder, 'log'))) ids.push(insert_id)
  return ids
}

async function readiness(role: RoleProcess): Promise<{ state: string }> {
  return (await fetch(`http://${role.endpoints.probes}/readyz`)).json() as Promise<{ state: string }>
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await realClock.sleep(10)
}

test('ingest role: killed with -9 while requests race -> every acknowledged event is in the log (ING-1)', async () => {
  const ingest = await startIngest(await startLog())
  const acknowledged: string[] = []
  let sent = 0
  const sender = async () => {
    for (;;) {
      const ids = Array.from({ length: 5 }, () => `i-${sent++}`)
      try {
        if ((await send(ingest, ids.map(event))).status === 200) acknowledged.push(...ids)
      } catch {
        return
      }
      if (acknowledged.length === 100) await ingest.kill()
    }
  }
  await Promise.all(Array.from({ length: 8 }, sender))
  const stored = new Set(await storedIds())
  expect(acknowledged.length).toBeGreaterThanOrEqual(100)
  expect(acknowledged.filter((id) => !stored.has(id))).toEqual([])
})

test('ingest role: started before its log, then the log is killed and comes back -> starts, waits, acknowledges', async () => {
  const gone = await startLog()
  await gone.kill()
  const port = Number(gone.endpoints.grpc!.split(':')[1])
  const starting = startIngest(gone)
  const log = await startLog(port)
  const ingest = await starting
  expect((await send(ingest, [event('before')])).status).toBe(200)
  await log.kill()
  const waiting = send(ingest, [event('during')])
  await until(async () => (await readiness(ingest)).state === 'stuck')
  await startLog(port)
  // On a slow machine the log may take longer to start than a client is made to wait.
  expect([200, 503]).toContain((await waiting).status)
  await until(async () => (await send(ingest, [event('during')])).status === 200)
  await until(async () => (await readiness(ingest)).state === 'serving')
  expect((await send(ingest, [event('after')])).status).toBe(200)
  expect(new Set(await storedIds())).toEqual(new Set(['before', 'during', 'after']))
})

test('ingest role: its life over HTTPS -> tables are pushed, nothing secret is logged, a drain finishes what runs', async () => {
  const { certificate, key } = selfSigned()
  await writeFile(join(folder, 'cert.pem'), certificate)
  await writeFile(join(folder, 'key.pem'), key)
  const files = { 'tls-cert-file': join(folder, 'cert.pem'), 'tls-key-file': join(folder, 'key.pem') }
  const ingest = await startIngest(await startLog(), files)
  const post = (body: unknown, token: string, continued?: () => Promise<void>) =>
    postOverTls({ url: `https://${ingest.endpoints.https}/import`, ca: certificate, token, body, continued })

  const admin = new AdminClient(ingest.endpoints.grpc!, ChannelCredentials.createInsecure())
  const call = { now: realClock.now(), timeoutMs: 5_000, fallback: 'LOG_UNAVAILABLE', what: 'push' } as const
  const push = (text: string) => callUnary(admin, admin.pushAccess, { access: Buffer.from(text), leaderTerm: 0 }, call)
  expect(await post([event('secret-a')], 'second-token')).toBe(401)
  expect(await push(table(2, ['second-token']))).toEqual({ accessVersion: 2 })
  expect(await post([event('secret-a')], 'second-token')).toBe(200)
  expect(await post([event('secret-b')], 'first-token')).toBe(401)
  await expect(push('{}')).rejects.toMatchObject({ code: 'ACCESS_INVALID' })
  const status = await callUnary(admin, admin.status, {}, call)
  expect(status).toMatchObject({ role: 'ingest', state: 'serving', accessVersion: 2 })
  admin.close()

  expect(await post([{ event: 'secret-name', properties: { time: 'secret-time' } }], 'second-token')).toBe(400)
  const metrics = await (await fetch(`http://${ingest.endpoints.probes}/metrics`)).text()
  expect(metrics).toContain('anabranch_ingest_requests_total{path="/import",status="400"} 1')
  expect(metrics).toContain('anabranch_ingest_events_total{result="stored"} 1')
  expect(metrics).toContain('anabranch_ingest_events_total{result="refused"} 1')

  const exited = Promise.withResolvers<number | null>()
  // The server asks for the body, so the request is under way; the body is sent once the drain has begun.
  const late = await post([event('secret-late')], 'second-token', () => {
    ingest.terminate().then(exited.resolve, exited.reject)
    return until(async () => (await readiness(ingest)).state === 'draining')
  })
  expect(late).toBe(200)
  expect(await exited.promise).toBe(0)
  expect((await storedIds()).sort()).toEqual(['secret-a', 'secret-late'])
  for (const secret of ['secret', '-token']) expect(ingest.log() + metrics).not.toContain(secret)
})

test.each([
  ['a table of projects that is wrong', '{"version":0}', /ACCESS_INVALID|version/],
  ['a table that is not there', undefined, /access.json/],
])('ingest role: %s -> exits and says so', async (_name, text, message) => {
  const access = join(folder, 'access.json')
  if (text !== undefined) await writeFile(access, text)
  const flags = { log: '127.0.0.1:1', 'access-table': access, 'http-port': 0, 'grpc-port': 0 }
  await expect(startRole('ingest', flags)).rejects.toThrow(message)
})

interface TlsPost {
  readonly url: string
  readonly ca: string
  readonly token: string
  readonly body: unknown
  /** The body waits for it when the server has asked for the body. */
  readonly continued?: (() => Promise<void>) | undefined
}

/** Resolves with the status. */
function postOverTls({ url, ca, token, body, continued }: TlsPost): Promise<number | undefined> {
  const text = JSON.stringify(body)
  const headers = {
    ...{ authorization: `Basic ${token}:`, 'content-type': 'application/json', 'content-length': text.length },
    ...(continued && { expect: '100-continue' }),
  }
  return new Promise((resolve, reject) => {
    const posting = request(url, { method: 'POST', ca, headers, agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    posting.on('error', reject)
    if (continued === undefined) posting.end(text)
    else posting.on('continue', () => continued().then(() => posting.end(text), reject)).flushHeaders()
  })
}
