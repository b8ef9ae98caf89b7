import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'

const program = join(import.meta.dirname, '../../scripts/start.ts')
const folders: string[] = []

afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true })
})

async function start(...options: string[]): Promise<{ stdout: string; stderr: string; code: number }> {
  const run = promisify(execFile)(process.execPath, [program, '--once', ...options], { timeout: 60_000 })
  return run.then(
    (output) => ({ ...output, code: 0 }),
    (error: { stdout: string; stderr: string; code: number }) => error,
  )
}

async function freePort(): Promise<{ port: number; release: () => void }> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as { port: number }).port, release: () => server.close() }
}

test('npm start: the same events twice -> the same three pictures, since copies count once (DED-1)', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'anabranch-start-'))
  folders.push(folder)
  const [ingest, query] = await Promise.all([freePort(), freePort()])
  ingest.release()
  query.release()
  const options = [
    '--folder',
    folder,
    '--events',
    '2000',
    '--ingest-port',
    `${ingest.port}`,
    '--query-port',
    `${query.port}`,
  ]
  const first = await start(...options)
  expect(first).toMatchObject({ code: 0, stderr: '' })
  const pictures = (stdout: string) => stdout.slice(stdout.indexOf('users by country'))
  expect(pictures(first.stdout)).toMatch(
    /users by country[\s\S]+█[\s\S]+funnel[\s\S]+100\.0 %[\s\S]+retention[\s\S]+day 7/,
  )
  const second = await start(...options)
  expect(pictures(second.stdout)).toBe(pictures(first.stdout))
}, 120_000)

test('npm start: a port in use -> one line that names it and the way out', async () => {
  const taken = await freePort()
  const answer = await start('--folder', join(tmpdir(), 'never-made'), '--ingest-port', `${taken.port}`)
  taken.release()
  expect(answer.code).toBe(1)
  expect(answer.stderr).toBe(
    `npm start: port ${taken.port} is in use: stop what listens there, or give another by --ingest-port\n`,
  )
})
