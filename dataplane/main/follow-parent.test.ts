import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

const root = join(import.meta.dirname, '../..')

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

test.skipIf(process.platform !== 'linux')(
  'follow parent: the process that started it is killed -> it ends too',
  async () => {
    const options = JSON.stringify(new URL('process-options.ts', import.meta.url))
    const script = `const { followParent } = await import(${options})
    const { spawn } = await import('node:child_process')
    const argv = [...followParent, '-e', 'setInterval(() => {}, 1000)']
    console.log(spawn(process.execPath, argv, { stdio: 'ignore' }).pid)
    setInterval(() => {}, 1000)`
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
  },
  30_000,
)

test('follow parent: whoever starts a role or the operator -> it is told to follow', () => {
  const starters = globSync(['bench/**/*.ts', 'demo/**/*.ts', 'test/**/*.ts'], { cwd: root }).filter((file) => {
    const text = readFileSync(join(root, file), 'utf8')
    return /\bspawn\(/.test(text) && /(dataplane\/main\/anabranch|operator['",/ ]+main['",/ ]+main)\.ts/.test(text)
  })
  expect(starters.length).toBeGreaterThanOrEqual(5)
  const text = (file: string) => readFileSync(join(root, file), 'utf8')
  expect(starters.filter((file) => !/\.\.\.followParent|'--import', leash/.test(text(file)))).toEqual([])
})
