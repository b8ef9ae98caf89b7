import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { startChild } from './role-child.ts'

const root = mkdtempSync(join(tmpdir(), 'anabranch-role-child-'))
afterAll(() => rmSync(root, { recursive: true }))

/** One that has ended but that nobody has asked for (a zombie, where process 1 does not care) is not alive. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    const stat = `/proc/${pid}/stat`
    return !existsSync(stat) || !/\) Z /.test(readFileSync(stat, 'utf8'))
  } catch {
    return false
  }
}

test('role child: the process that started it is killed -> it ends by itself, so that no orphan stays', async () => {
  const module = JSON.stringify(join(import.meta.dirname, 'role-child.ts'))
  const flags = JSON.stringify({ 'log-folder': join(root, 'log'), 'grpc-port': 0 })
  const script = `const { startChild } = await import(${module})
    const child = startChild('log', ${flags})
    await child.ready()
    console.log(child.pid)`
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [said] = (await once(parent.stdout, 'data')) as [Buffer]
  const child = Number(String(said))
  onTestFinished(() => void (isAlive(child) && process.kill(child, 'SIGKILL')))
  expect(isAlive(child)).toBe(true)
  parent.kill('SIGKILL')
  await once(parent, 'exit')
  await expect.poll(() => isAlive(child), { timeout: 20_000 }).toBe(false)
}, 60_000)

test('role child: it cannot start -> what it said, not a wait for the end of time', async () => {
  const child = startChild('log', { 'no-such-flag': 1 })
  await expect(child.ready()).rejects.toThrow(
    /the log process did not become ready \(it does not serve\); it said:\n.*no-such-flag/,
  )
  await child.end()
})

test('leash: threads of a role -> are left alone, as they have another standard input', async () => {
  const leash = join(import.meta.dirname, 'leash.ts')
  const worker = join(root, 'worker.mjs')
  writeFileSync(worker, 'import { parentPort } from "node:worker_threads"\nparentPort.postMessage("works")\n')
  const script = `const { Worker } = require('node:worker_threads')
    new Worker(${JSON.stringify(worker)})
      .on('message', (said) => console.log(said))
      .on('error', (error) => console.log(error.message))`
  const child = spawn(process.execPath, ['--import', leash, '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] })
  expect(await text(child.stdout)).toBe('works\n')
})
