import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, expect, test } from 'vitest'
import { endsWithItsParent } from '../../test/support/orphan.ts'
import { startChild } from './role-child.ts'

const root = mkdtempSync(join(tmpdir(), 'anabranch-role-child-'))
afterAll(() => rmSync(root, { recursive: true }))

test('role child: the process that started it is killed -> it ends by itself, so that no orphan stays', async () => {
  const module = JSON.stringify(join(import.meta.dirname, 'role-child.ts'))
  const flags = JSON.stringify({ 'log-folder': join(root, 'log'), 'grpc-port': 0 })
  const script = `const { startChild } = await import(${module})
    const child = startChild('log', ${flags})
    await child.ready()
    console.log(child.pid)`
  await endsWithItsParent(script)
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
