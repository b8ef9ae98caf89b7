import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'

const folders: string[] = []

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

/** Runs `.ci/run` of a copy whose `npm` is this bash script: `$1` is `ci` or `test`. `beside`: what runs for the suites beside `npm test`. */
function ci(npm: string, options: { data?: boolean; beside?: string; servers?: string } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'ci-'))
  folders.push(folder)
  for (const name of ['main/.ci', 'main/scripts', 'bin', ...(options.data ? ['shared/data'] : [])])
    mkdirSync(join(folder, name), { recursive: true })
  cpSync(join(import.meta.dirname, '../.ci/run'), join(folder, 'main/.ci/run'))
  writeFileSync(join(folder, 'bin/npm'), `#!/usr/bin/env bash\n${npm}\n`)
  if (options.servers !== undefined) {
    mkdirSync(join(folder, 'shared/env'), { recursive: true })
    writeFileSync(join(folder, 'shared/env/up'), `#!/usr/bin/env bash\n${options.servers}\n`)
    chmodSync(join(folder, 'shared/env/up'), 0o755)
  }
  const beside = options.beside ?? 'console.log("0 passed, 0 failed")'
  writeFileSync(join(folder, 'main/scripts/node24.mjs'), `${beside}\n`)
  chmodSync(join(folder, 'bin/npm'), 0o755)
  const { ANABRANCH_DATA: _unset, ...inherited } = process.env
  const env = { ...inherited, PATH: `${join(folder, 'bin')}${delimiter}${inherited.PATH}` }
  const run = spawnSync(join(folder, 'main/.ci/run'), { encoding: 'utf8', env })
  return { folder, code: run.status, last: run.stdout.trimEnd().split('\n').at(-1), output: run.stdout }
}

describe('.ci/run', () => {
  test.each([
    ['everything passes', '[ $1 = ci ] || echo "12 passed, 0 failed"', 0, '13 passed, 0 failed'],
    ['a test fails', '[ $1 = ci ] || { echo "11 passed, 1 failed"; exit 1; }', 1, '12 passed, 1 failed'],
    [
      'a suite counts none but ends badly',
      '[ $1 = ci ] || { echo "12 passed, 0 failed"; exit 3; }',
      1,
      '13 passed, 1 failed',
    ],
    ['a suite dies without a count', '[ $1 = ci ] || exit 3', 1, '1 passed, 1 failed'],
    ['a suite reports failures but exits 0', '[ $1 = ci ] || echo "11 passed, 1 failed"', 1, '12 passed, 1 failed'],
    [
      'the install fails, so nothing is tested',
      '[ $1 = ci ] && exit 1; echo "12 passed, 0 failed"',
      1,
      '0 passed, 1 failed',
    ],
  ])('.ci/run: %s -> the last line and the exit code say so', (_what, npm, code, last) => {
    expect(ci(npm)).toMatchObject({ code, last })
  })

  test('.ci/run: a suite beside npm test fails -> counted, and the exit code says so', () => {
    const beside = 'console.log("5 passed, 1 failed"); process.exitCode = 1'
    const npm = '[ $1 = ci ] || echo "12 passed, 0 failed"'
    expect(ci(npm, { beside })).toMatchObject({ code: 1, last: '23 passed, 2 failed' })
  })

  test('.ci/run: real streams are there -> their folder in ANABRANCH_DATA, else nothing', () => {
    const npm = 'echo "data=$ANABRANCH_DATA"; echo "1 passed, 0 failed"'
    const given = ci(npm, { data: true })
    expect(given.output).toContain(`data=${join(given.folder, 'shared/data')}\n`)
    expect(ci(npm).output).toContain('data=\n')
  })

  test('.ci/run: real servers -> started, their addresses passed on, and none may be missing', () => {
    const beside =
      'console.log(`${process.env.KUBECONFIG} ${process.env.ANABRANCH_REQUIRE_SERVERS}\\n1 passed, 0 failed`)'
    const npm = '[ $1 = ci ] || echo "1 passed, 0 failed"'
    const started = ci(npm, { beside, servers: 'echo "export KUBECONFIG=$1.conf"' })
    expect(started).toMatchObject({ code: 0, last: '4 passed, 0 failed' })
    expect(started.output).toContain('kube.conf 1\n')
    expect(ci(npm, { beside, servers: 'exit 1' })).toMatchObject({ code: 1, last: '3 passed, 1 failed' })
  })
})
