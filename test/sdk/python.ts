/**
 * The Python SDK from PyPI against ingest over TLS: `node scripts/node24.mjs test/sdk/python.ts`.
 *
 * Not part of `npm test`, which needs no Python and no other registry. Says why when it is left out,
 * and ends with `N passed, N failed`.
 */
import { deepStrictEqual, match } from 'node:assert'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { selfSigned } from '../../common/certificate.ts'
import { realClock } from '../../dataplane/runtime/clock.ts'
import type { Event } from '../../dataplane/schema/event.ts'
import { account, startIngest, tokens } from '../support/ingest-server.ts'

const run = promisify(execFile)
const sdk = 'mixpanel==5.4.1'
const script = join(import.meta.dirname, 'mixpanel_python.py')
const installTimeoutMs = 180_000
const runTimeoutMs = 60_000

type Outcomes = Readonly<Record<string, string>>

const checks: readonly [string, (outcomes: Outcomes, events: readonly Event[]) => void][] = [
  [
    'track -> stored as it was sent',
    ({ track }, events) => {
      deepStrictEqual(track, 'ok')
      const { distinctId, properties } = events.find(({ event }) => event === 'Tracked')!
      deepStrictEqual([distinctId, properties.text, properties.price], ['user-1', 'ünï 你 +/=&%', 9.5])
    },
  ],
  ['track of an event that is six days old -> says so', ({ track_old }) => match(track_old!, /more than 5 days ago/)],
  [
    'import_data with a secret and with a service account -> stored, however old',
    ({ import_secret, import_account }, events) => {
      deepStrictEqual([import_secret, import_account], ['ok', 'ok'])
      const users = events.filter(({ event }) => event === 'Imported').map(({ distinctId }) => distinctId)
      deepStrictEqual(users.sort(), ['user-2', 'user-3'])
    },
  ],
  ['import_data without a secret -> refused', ({ import_without }) => match(import_without!, /Invalid credentials/)],
  [
    'a buffered consumer of 120 events -> each stored once',
    ({ buffered }, events) => {
      deepStrictEqual(buffered, 'ok')
      const found = events.filter(({ event }) => event === 'Buffered').map(({ properties }) => properties.index)
      deepStrictEqual(new Set(found).size, 120)
      deepStrictEqual(found.length, 120)
    },
  ],
  ['profiles, which are not provided -> an error', ({ people }) => match(people!, /profiles are not stored|501/)],
]

async function install(folder: string): Promise<string | undefined> {
  try {
    await run('python3', ['-m', 'pip', '--version'])
  } catch {
    return 'there is no python3 with pip'
  }
  try {
    const argv = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--target', folder, sdk]
    await run('python3', argv, { timeout: installTimeoutMs })
    return undefined
  } catch (error) {
    return `${sdk} cannot be installed: ${String((error as { stderr?: string }).stderr)
      .trim()
      .split('\n')
      .at(-1)}`
  }
}

async function drive(folder: string): Promise<{ outcomes: Outcomes; events: readonly Event[] }> {
  const tls = selfSigned()
  const certificate = join(folder, 'certificate.pem')
  await writeFile(certificate, tls.certificate)
  const server = await startIngest({ clock: realClock, tls })
  try {
    const argv = [script, `127.0.0.1:${server.port}`, tokens.shop, account.user, account.secret, 'shop']
    const env = { ...process.env, PYTHONPATH: folder, REQUESTS_CA_BUNDLE: certificate, NO_PROXY: '127.0.0.1' }
    const { stdout } = await run('python3', [...argv, String(realClock.now())], { env, timeout: runTimeoutMs })
    return { outcomes: JSON.parse(stdout) as Outcomes, events: await server.events() }
  } finally {
    await server.stop()
  }
}

const folder = await mkdtemp(join(tmpdir(), 'anabranch-python-'))
let passed = 0
let failed = 0
try {
  const missing = await install(folder)
  if (missing !== undefined) {
    console.log(`left out: ${missing}`)
  } else {
    const { outcomes, events } = await drive(folder)
    for (const [name, check] of checks) {
      try {
        check(outcomes, events)
        passed++
        console.log(`ok      ${name}`)
      } catch (error) {
        failed++
        console.log(`FAILED  ${name}: ${(error as Error).message}`)
      }
    }
  }
} finally {
  await rm(folder, { recursive: true })
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
