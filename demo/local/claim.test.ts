import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { freePorts, isFree } from '../../dataplane/main/tcp-ports.ts'
import { claimFolder } from './claim.ts'

const root = mkdtempSync(join(tmpdir(), 'anabranch-claim-'))
afterAll(() => rmSync(root, { recursive: true }))
const pidFile = join(root, 'used-by.pid')

test('claim: a process that is alive has the folder -> refused, with its number and the way out', async () => {
  const other = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] })
  writeFileSync(pidFile, `${other.pid}`)
  expect(() => claimFolder(root)).toThrow(
    `${root} is in use by process ${other.pid}: stop that one, give another --folder`,
  )
  const gone = once(other, 'exit')
  other.stdin.end()
  await gone
  // The same number, and nobody there: what a killed one left behind.
  const release = claimFolder(root)
  expect(readFileSync(pidFile, 'utf8')).toBe(`${process.pid}`)
  release()
  expect(existsSync(pidFile)).toBe(false)
})

test('claim: a file that names nobody -> taken over', () => {
  writeFileSync(pidFile, 'nonsense')
  claimFolder(root)()
  expect(existsSync(pidFile)).toBe(false)
})

test('ports: free ones differ, and one that is listened on is not free', async () => {
  const [first, second] = await freePorts(2)
  expect(first).not.toBe(second)
  const server = createServer().listen(first, '127.0.0.1')
  await once(server, 'listening')
  expect([await isFree(first!), await isFree(second!)]).toEqual([false, true])
  server.close()
})
