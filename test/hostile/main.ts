/**
 * `npm run hostile [-- --count 10000 --seed 1]`: hostile requests against ingest and log as real processes.
 *
 * Checks each reply, that the log holds exactly the good events, and that memory stays within a bound
 * and does not grow. Ends with `N passed, N failed`, where a request is one, and so are the checks after them.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { dumpEvents } from '../../dataplane/log/dump.ts'
import { realClock } from '../../dataplane/runtime/clock.ts'
import { realDisk } from '../../dataplane/runtime/disk.ts'
import { type RoleProcess, startRole, stopAll } from '../support/processes/process.ts'
import { hostileAccess, hostileCases } from './cases.ts'
import { type HostileReport, runHostile } from './run.ts'

const help = `npm run hostile [-- OPTIONS]: hostile requests against ingest and log as real processes

  --count N   requests (default 10000)
  --seed N    other requests of the same kinds (default 1)
  --help      this text`

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(help)
  process.exit()
}
const [count, seed] = [values.count, values.seed].map(wholeNumber) as [number, number]

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`got '${text}', want a whole number; --help says of what`)
  return Number(text)
}

/** A sender whose machine is busy is no slow one: ten megabytes must pass. */
const requestTimeoutMs = 5_000
const limits = {
  /** Bytes: the largest body with what it is parsed to, and the heap that V8 lets grow before it collects. */
  residentMax: 512 * 1024 * 1024,
  /** Growth from the middle of the run to its end, as a share. */
  growthMax: 1.25,
} as const

async function start(folder: string): Promise<RoleProcess> {
  const access = join(folder, 'access.json')
  await writeFile(access, JSON.stringify(hostileAccess))
  const log = await startRole('log', { 'log-folder': join(folder, 'log'), 'grpc-port': 0, partitions: 4 })
  return startRole('ingest', {
    ...{ log: log.endpoints.grpc!, 'access-table': access, 'http-port': 0, 'grpc-port': 0 },
    'request-timeout-ms': requestTimeoutMs,
  })
}

/** Resident bytes of a process, now and at its most. */
async function resident(role: RoleProcess): Promise<number> {
  const metrics = await (await fetch(`http://${role.endpoints.probes}/metrics`)).text()
  return Number(/^process_resident_memory_bytes (\S+)/m.exec(metrics)![1])
}

class Memory {
  readonly samples: { done: number; bytes: number }[] = []

  peak(from: number, to: number): number {
    const within = this.samples.filter(({ done }) => done >= from && done < to)
    return Math.max(...within.map(({ bytes }) => bytes))
  }
}

async function check(ingest: RoleProcess, folder: string, report: HostileReport, memory: Memory): Promise<string[]> {
  const problems: string[] = []
  const held = await (await fetch(`http://${ingest.endpoints.probes}/metrics`)).text()
  if (!held.includes('anabranch_ingest_held_bytes 0\n')) problems.push('memory is still held for bodies')
  if ((await fetch(`http://${ingest.endpoints.probes}/readyz`)).status !== 200) problems.push('ingest is not ready')
  if ((await ingest.terminate()) !== 0) problems.push('ingest did not leave with 0')
  const logged: string[] = []
  for await (const { insert_id } of dumpEvents(realDisk('/'), join(folder, 'log'))) logged.push(insert_id)
  const [got, want] = [logged.sort().join('\n'), [...report.stored].sort().join('\n')]
  if (got !== want)
    problems.push(`the log holds ${logged.length} events, want exactly the ${report.stored.length} good ones`)
  const [middle, end] = [memory.peak(count / 4, count / 2), memory.peak((count * 3) / 4, Number.POSITIVE_INFINITY)]
  console.log(
    `memory: at most ${mb(memory.peak(0, Number.POSITIVE_INFINITY))}; second quarter ${mb(middle)}, last ${mb(end)}`,
  )
  if (end > limits.residentMax || middle > limits.residentMax)
    problems.push(`more than ${mb(limits.residentMax)} resident`)
  if (end > middle * limits.growthMax) problems.push(`memory grew from ${mb(middle)} to ${mb(end)}`)
  return problems
}

const mb = (bytes: number) => `${Math.round(bytes / 1024 / 1024)} MB`

const folder = await mkdtemp(join(tmpdir(), 'anabranch-hostile-'))
try {
  const ingest = await start(folder)
  const memory = new Memory()
  const sampleEvery = Math.max(1, Math.round(count / 200))
  const started = realClock.monotonic()
  const report = await runHostile({
    port: Number(ingest.endpoints.http!.split(':')[1]),
    cases: hostileCases({ seed, count, now: realClock.now() }),
    ...{ atOnce: 64, deadlineMs: 15_000, slowDeadlineMs: requestTimeoutMs + 15_000 },
    onProgress(done) {
      if (done % sampleEvery === 0)
        resident(ingest).then(
          (bytes) => memory.samples.push({ done, bytes }),
          () => undefined,
        )
    },
  })
  const seconds = (realClock.monotonic() - started) / 1000
  console.log(
    `${report.sent} requests in ${seconds.toFixed(1)} s, seed ${seed}, longest ${Math.round(report.longestMs)} ms`,
  )
  console.log(`${report.busy} answers were 503 with Retry-After, and tried again; ${report.stored.length} good events`)
  for (const [kind, times] of [...report.byKind].sort()) console.log(`  ${String(times).padStart(6)}  ${kind}`)
  const problems = await check(ingest, folder, report, memory)
  for (const failure of [...report.failures.slice(0, 50), ...problems]) console.log(`FAILED  ${failure}`)
  const failed = report.failures.length + problems.length
  console.log(`${report.sent - report.failures.length + 5 - problems.length} passed, ${failed} failed`)
  process.exitCode = failed === 0 ? 0 : 1
} finally {
  await stopAll()
  await rm(folder, { recursive: true })
}
