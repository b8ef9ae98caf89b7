import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { plainText } from '../../dataplane/rpc/credentials.ts'
import { connectAdmin, type RemoteAdmin } from '../../dataplane/rpc/remote-admin.ts'
import { realClock } from '../../dataplane/runtime/clock.ts'
import { startRole, stopAll } from '../support/processes/process.ts'

const folders: string[] = []
const clients: RemoteAdmin[] = []

afterEach(async () => {
  for (const client of clients.splice(0)) client.close()
  await stopAll()
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true })
})

function connect(address: string, leaderTerm?: number): RemoteAdmin {
  const options = { address, credentials: plainText, clock: realClock, timeoutMs: 5000 }
  const client = connectAdmin({ ...options, ...(leaderTerm !== undefined && { leaderTerm }) })
  clients.push(client)
  return client
}

async function folderOf() {
  const folder = await mkdtemp(join(tmpdir(), 'anabranch-admin-'))
  folders.push(folder)
  return { folder, flags: { 'log-folder': join(folder, 'log'), 'grpc-port': 0, partitions: 1 } }
}

async function startLog() {
  const { flags } = await folderOf()
  const process = await startRole('log', flags)
  return { process, address: process.endpoints.grpc! }
}

test('admin: a leader that was replaced without noticing -> its commands are refused and change nothing (OPR-1)', async () => {
  const { address } = await startLog()
  const [former, later, person] = [connect(address, 7), connect(address, 8), connect(address)]
  expect(await former.pushSettings(JSON.stringify({ version: 1 }))).toBe(1)
  expect(await later.pushSettings(JSON.stringify({ version: 2 }))).toBe(2)
  const stale = { code: 'LEADER_STALE', message: expect.stringContaining('got leader term 7, want 8 or higher') }
  await expect(former.pushSettings(JSON.stringify({ version: 3 }))).rejects.toMatchObject(stale)
  await expect(former.drain()).rejects.toMatchObject(stale)
  expect(await later.status()).toMatchObject({ state: 'serving', settingsVersion: 2, leaderTerm: 8 })
  expect(await person.pushSettings(JSON.stringify({ version: 4 }))).toBe(4)
})

test('admin: settings pushed while it runs -> in force at once, an older version changes nothing', async () => {
  const { process, address } = await startLog()
  const admin = connect(address, 1)
  await expect(admin.pushSettings('{"version":0}')).rejects.toMatchObject({ code: 'SETTINGS_INVALID' })
  await admin.pushSettings(JSON.stringify({ version: 2, logLevel: 'error' }))
  expect(await admin.pushSettings(JSON.stringify({ version: 1, logLevel: 'debug' }))).toBe(2)
  expect(await process.terminate()).toBe(0)
  expect(process.log()).toContain('"msg":"serving"')
  expect(process.log()).not.toContain('"msg":"draining"')
})

test('admin: a process that was told who it is and where its settings are -> says so, and starts with them', async () => {
  const { folder, flags } = await folderOf()
  await writeFile(join(folder, 'settings.json'), JSON.stringify({ version: 3, logLevel: 'info' }))
  const process = await startRole('log', { ...flags, instance: 'uid-1', settings: join(folder, 'settings.json') })
  const status = await connect(process.endpoints.grpc!).status()
  expect(status).toMatchObject({ instance: 'uid-1', settingsVersion: 3, leaderTerm: 0 })
})
