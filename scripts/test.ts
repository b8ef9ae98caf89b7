/**
 * `npm test [-- FILTER...]`: tidy, types and lint side by side, then the tests. Stops after the first section that fails,
 * ends with `N passed, N failed` (a check counts as one), and exits 1 unless everything passed.
 */
import { execFile } from 'node:child_process'
import { dirname } from 'node:path'
import { runTests } from './run-tests.ts'
import { add, line, type Tally } from './tally.ts'

const root = dirname(import.meta.dirname)
const checks: Readonly<Record<string, readonly string[]>> = {
  tidy: ['scripts/tidy.ts'],
  types: ['node_modules/typescript/bin/tsc', '--noEmit', '-p', '.'],
  lint: ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'],
}

const started = performance.now()
const seconds = () => ((performance.now() - started) / 1000).toFixed(1)

async function runChecks(): Promise<Tally> {
  const results = await Promise.all(Object.entries(checks).map(([name, argv]) => runCheck(name, argv)))
  for (const { name, code, output } of results) {
    console.log(`\n== ${name}: ${code === 0 ? 'passed' : 'FAILED'}`)
    if (output !== '') console.log(output)
  }
  const passed = results.filter(({ code }) => code === 0).length
  return { passed, failed: results.length - passed }
}

function runCheck(name: string, argv: readonly string[]): Promise<{ name: string; code: number; output: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [...argv], { cwd: root, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      resolve({ name, code: error === null ? 0 : (child.exitCode ?? 1), output: `${stdout}${stderr}`.trim() })
    })
  })
}

const help = `npm test [-- FILTER...]: tidy, types and lint, then the tests; ends with "N passed, N failed"

  FILTER    parts of paths: only these tests
  --help    this text

ANABRANCH_DATA: a folder of real event streams to test with. ANABRANCH_PROPERTY_SEED: another seed of the property tests, or "random".`

if (process.argv.includes('--help')) {
  console.log(help)
  process.exit()
}
let total = await runChecks()
if (total.failed === 0) total = add(total, await runTests(root, process.argv.slice(2)))
console.log(`\n${seconds()} s`)
console.log(line(total))
process.exitCode = total.failed === 0 ? 0 : 1
