import { Registry } from 'prom-client'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { SimulatedClock } from '../../../sim/clock.ts'
import { SimulatedDisk } from '../../../sim/disk/disk.ts'
import { faultOn } from '../../../sim/disk/faults.ts'
import { SeededRandom } from '../../../sim/random.ts'
import { inline } from '../../../test/support/shard-world.ts'
import { openFileLog } from '../../log/file-log/open.ts'
import { plainText } from '../../rpc/credentials.ts'
import { LeaderTerm } from '../../rpc/leader-term.ts'
import { connectLog } from '../../rpc/remote-log.ts'
import { realClock } from '../../runtime/clock.ts'
import { SettingsHolder } from '../../settings/holder.ts'
import type { RunningRole } from '../role.ts'
import { logRole } from './role.ts'

const silent = { info: () => {}, warn: () => {}, error: () => {} }
const closers: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** The role over a disk, and a client of it. */
async function start(disk: SimulatedDisk) {
  const clock = new SimulatedClock()
  const context = {
    ...{ clock, disk, random: new SeededRandom(1), background: inline },
    ...{ logger: silent, metrics: new Registry(), version: 'test', instance: 'test' },
    ...{ leaderTerm: new LeaderTerm(), settings: new SettingsHolder() },
  }
  const flags = { logFolder: 'log', grpcPort: 0, partitions: 1, host: '127.0.0.1' }
  const role: RunningRole = await logRole.start(context, flags)
  closers.push(() => role.drain())
  const told: string[] = []
  const logger = {
    ...silent,
    warn: (message: string, fields: object = {}) => told.push(`${message} ${Object.values(fields)}`),
  }
  const address = role.endpoints.grpc!
  const client = await connectLog({ address, credentials: plainText, clock: realClock, logger, appendTimeoutMs: 5000 })
  closers.push(() => client.close())
  return { role, clock, client, told }
}

/** Lets so many seconds pass, one by one. */
async function afterSeconds(clock: SimulatedClock, isSo: () => boolean): Promise<void> {
  await vi.waitFor(() => {
    clock.advance(1000)
    expect(isSo()).toBe(true)
  })
}

describe('log role', () => {
  test('log role: idle while another opens its folder -> says stuck by itself, who waits and who asks is told (ING-1)', async () => {
    const disk = new SimulatedDisk({ seed: 1 })
    const { role, clock, client, told } = await start(disk)
    await client.append(0, Buffer.from('before'))
    const waiting = client.waitPast(0, 1, new AbortController().signal).catch(() => undefined)
    await openFileLog(
      { disk, random: new SeededRandom(2), logger: silent },
      { folder: 'log', partitions: 1, generation: 1 },
    )
    expect(role.status()).toEqual({ state: 'serving', reason: '' })
    await afterSeconds(clock, () => role.status().state === 'stuck')
    expect(role.status().reason).toMatch(/LOG_FENCED: log: this writer has epoch 1, epoch 2 was taken/)
    await vi.waitFor(() => expect(told.join('\n')).toMatch(/following the log broke off.*LOG_FENCED/))
    for (const call of [
      client.read(0, 0, 100),
      client.end(0),
      client.start(0),
      client.append(0, Buffer.from('late')),
    ]) {
      await expect(call).rejects.toMatchObject({ code: 'LOG_FENCED' })
    }
    await client.close()
    await waiting
  })

  test('log role: the log failed and nobody has called since -> says stuck, with the reason (ING-1)', async () => {
    const disk = new SimulatedDisk({ seed: 1 })
    const { role, clock, client } = await start(disk)
    // The group is written and synced; noting how far fails.
    disk.plan = faultOn('io', { operation: 'write', path: '.log', count: 1 })
    expect(await client.append(0, Buffer.from('acknowledged'))).toBe(0)
    await afterSeconds(clock, () => role.status().state === 'stuck')
    expect(role.status().reason).toMatch(/LOG_UNAVAILABLE: log\/.*log/)
    // What is durable can be read on.
    expect(await client.read(0, 0, 100)).toHaveLength(1)
  })

  test('log role: the disk does not answer for a while -> stuck for that while only', async () => {
    const disk = new SimulatedDisk({ seed: 1 })
    const { role, clock, client } = await start(disk)
    disk.plan = ({ path }) => (path.includes('epoch-') ? 'io' : undefined)
    await afterSeconds(clock, () => role.status().state === 'stuck')
    disk.plan = () => undefined
    await afterSeconds(clock, () => role.status().state === 'serving')
    expect(await client.append(0, Buffer.from('after'))).toBe(0)
  })
})
