/** What becomes of a process whose parent is killed. POSIX only. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { expect, onTestFinished } from 'vitest'

/** One that has ended but that nobody has asked for (a zombie, where process 1 does not care) is not alive. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    const stat = `/proc/${pid}/stat`
    return !existsSync(stat) || !/\) Z /.test(readFileSync(stat, 'utf8'))
  } catch {
    return false
  }
}

/**
 * Runs `script`, a module that starts a process, prints its pid and lives on; kills it with -9 and waits until that process has ended too.
 * Fails the test when it does not within 20 s, and ends it.
 */
export async function endsWithItsParent(script: string): Promise<void> {
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
}
