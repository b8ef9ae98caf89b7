/** Runs vitest as a process and counts what it proved. Does not: choose the tests; that is the configuration and the filters. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodeArguments } from './node24.mjs'
import { type Tally, type TestReport, tally } from './tally.ts'

/** `argv`: further arguments of vitest, such as filters or `--config=FILE`. */
export async function runTests(root: string, argv: readonly string[]): Promise<Tally> {
  console.log('\n== tests')
  const folder = mkdtempSync(join(tmpdir(), 'anabranch-test-'))
  const file = join(folder, 'report.json')
  const vitest = [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
  ]
  const child = spawn(process.execPath, [...nodeArguments, ...vitest, ...argv], {
    cwd: root,
    stdio: 'inherit',
  })
  const [code] = (await once(child, 'exit')) as [number | null]
  try {
    return tally(JSON.parse(readFileSync(file, 'utf8')) as TestReport, code ?? 1)
  } catch {
    return tally(undefined, code ?? 1)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
