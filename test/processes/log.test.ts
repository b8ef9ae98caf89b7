import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { plainText } from '../../dataplane/rpc/credentials.ts'
import { connectLog, type RemoteLog } from '../../dataplane/rpc/remote-log.ts'
import { realClock } from '../../dataplane/runtime/clock.ts'
import { startRole, stopAll } from '../support/processes/process.ts'

const logger = { info: () => {}, warn: () => {}, error: () => {} }
const folders: string[] = []
const clients: RemoteLog[] = []

afterEach(async () => {
  for (const client of clients.splice(0)) await client.close()
  await stopAll()
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true })
})

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'anabranch-log-'))
  folders.push(folder)
  return folder
}

async function connect(address: string): Promise<RemoteLog> {
  const client = await connectLog({ address, credentials: plainText, clock: realClock, logger, appendTimeoutMs: 5000 })
  clients.push(client)
  return client
}

test('log role: killed with -9 between appends that race -> every acknowledged record is there, at its offset (ING-1)', async () => {
  const flags = { 'log-folder': await newFolder(), 'grpc-port': 0, partitions: 2 }
  const first = await startRole('log', flags)
  const client = await connect(first.endpoints.grpc!)
  const acknowledged = new Map<number, string>()
  let sent = 0
  const sender = async () => {
    for (;;) {
      const text = `record ${sent++}`
      try {
        acknowledged.set(await client.append(1, Buffer.from(text)), text)
      } catch {
        return
      }
      if (acknowledged.size === 200) await first.kill()
    }
  }
  await Promise.all(Array.from({ length: 8 }, sender))
  const second = await startRole('log', flags)
  const reader = await connect(second.endpoints.grpc!)
  const kept = await reader.read(1, 0, 1 << 20)
  const texts = new Map(kept.map(({ offset, bytes }) => [offset, Buffer.from(bytes).toString()]))
  expect(acknowledged.size).toBeGreaterThanOrEqual(200)
  for (const [offset, text] of acknowledged) expect(texts.get(offset)).toBe(text)
  expect(new Set(texts.values()).size).toBe(texts.size)
})

test('log role: a second process on the folder -> the first refuses appends as fenced and says stuck', async () => {
  const flags = { 'log-folder': await newFolder(), 'grpc-port': 0, partitions: 1 }
  const first = await startRole('log', flags)
  const client = await connect(first.endpoints.grpc!)
  await client.append(0, Buffer.from('before'))
  const second = await startRole('log', flags)
  await expect(client.append(0, Buffer.from('late'))).rejects.toMatchObject({ code: 'LOG_FENCED' })
  const ready = await fetch(`http://${first.endpoints.probes}/readyz`)
  expect(ready.status).toBe(503)
  expect(await ready.json()).toMatchObject({ state: 'stuck', reason: expect.stringContaining('LOG_FENCED') })
  expect(await (await connect(second.endpoints.grpc!)).end(0)).toBe(1)
})

test('log role: SIGTERM -> exits with 0 and its metrics counted the append', async () => {
  const role = await startRole('log', { 'log-folder': await newFolder(), 'grpc-port': 0, partitions: 1 })
  await (await connect(role.endpoints.grpc!)).append(0, Buffer.from('12345'))
  const metrics = await (await fetch(`http://${role.endpoints.probes}/metrics`)).text()
  expect(metrics).toContain('anabranch_log_appended_bytes_total 5')
  // Whoever follows the log does not hold its process up.
  const started = performance.now()
  expect(await role.terminate()).toBe(0)
  expect(performance.now() - started).toBeLessThan(8_000)
})
