import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { endsWithItsParent } from '../../test/support/orphan.ts'

const root = join(import.meta.dirname, '../..')

test.skipIf(process.platform !== 'linux')(
  'follow parent: the process that started it is killed -> it ends too',
  async () => {
    const options = JSON.stringify(new URL('process-options.ts', import.meta.url))
    const script = `const { followParent } = await import(${options})
    const { spawn } = await import('node:child_process')
    const argv = [...followParent, '-e', 'setInterval(() => {}, 1000)']
    console.log(spawn(process.execPath, argv, { stdio: 'ignore' }).pid)
    setInterval(() => {}, 1000)`
    await endsWithItsParent(script)
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
