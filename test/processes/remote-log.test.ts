import { afterEach, expect, test } from 'vitest'
import type { LogWriter } from '../../dataplane/core/ports.ts'
import { openFileLog } from '../../dataplane/log/file-log/open.ts'
import { plainText } from '../../dataplane/rpc/credentials.ts'
import { logService } from '../../dataplane/rpc/log-service.ts'
import { connectLog, type RemoteLog } from '../../dataplane/rpc/remote-log.ts'
import { type RpcServer, serve } from '../../dataplane/rpc/server.ts'
import { realClock } from '../../dataplane/runtime/clock.ts'
import { SimulatedDisk } from '../../sim/disk/disk.ts'
import { SeededRandom } from '../../sim/random.ts'
import { logContract } from '../../test/support/log-contract.ts'

const logger = { info: () => {}, warn: () => {}, error: () => {} }
const closers: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

function serveLog(log: LogWriter, port = 0): Promise<RpcServer> {
  const service = logService({ log, generation: 1, logger })
  return serve([service], { host: '127.0.0.1', port, credentials: plainText, clock: realClock })
}

function connect(server: RpcServer, appendTimeoutMs = 10_000): Promise<RemoteLog> {
  const address = `127.0.0.1:${server.port}`
  return connectLog({ address, credentials: plainText, clock: realClock, logger, appendTimeoutMs })
}

async function openLog(disk: SimulatedDisk, random: SeededRandom) {
  const options = { folder: 'log', partitions: 4, generation: 1, fileBytesMax: 8500 }
  return (await openFileLog({ disk, random, logger }, options)).log
}

logContract('remote log over a loopback connection', async () => {
  const disk = new SimulatedDisk({ seed: 1 })
  const random = new SeededRandom(1)
  const open = async (): Promise<LogWriter> => {
    const log = await openLog(disk, random)
    const server = await serveLog(log)
    const remote = await connect(server)
    const stop = async () => {
      await remote.close()
      await server.stop(1000)
    }
    closers.push(stop)
    const close = async () => {
      await stop()
      await log.close()
    }
    return { ...remote, close }
  }
  return { open }
})

test('remote log: a server that comes back at its address -> waiters are woken by what was appended since', async () => {
  const log = await openLog(new SimulatedDisk({ seed: 2 }), new SeededRandom(2))
  const first = await serveLog(log)
  const remote = await connect(first)
  const waiting = remote.waitPast(1, 0, new AbortController().signal)
  await first.stop(0)
  await log.append(1, Buffer.from('while the server was away'))
  const second = await serveLog(log, first.port)
  closers.push(
    () => second.stop(0),
    () => remote.close(),
  )
  await waiting
  expect(await remote.end(1)).toBe(1)
})

test('remote log: an error of the log -> arrives as the same kind, code and message', async () => {
  const disk = new SimulatedDisk({ seed: 3 })
  const random = new SeededRandom(3)
  const log = await openLog(disk, random)
  const server = await serveLog(log)
  const remote = await connect(server)
  closers.push(
    () => server.stop(0),
    () => remote.close(),
  )
  await openLog(disk, random)
  const there = await log.append(0, Buffer.from('x')).catch((thrown: unknown) => thrown as Error)
  const here = await remote.append(0, Buffer.from('x')).catch((thrown: unknown) => thrown)
  expect(there).toMatchObject({ code: 'LOG_FENCED' })
  expect(here).toMatchObject({ name: 'UnavailableError', code: 'LOG_FENCED', message: (there as Error).message })
})

test('remote log: nobody listens -> LOG_UNAVAILABLE that names the address', async () => {
  const server = await serveLog(await openLog(new SimulatedDisk({ seed: 4 }), new SeededRandom(4)))
  await server.stop(0)
  await expect(connect(server)).rejects.toThrow(`LOG_UNAVAILABLE: describe the log at 127.0.0.1:${server.port}`)
})
