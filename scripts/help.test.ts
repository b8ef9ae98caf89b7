import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const root = dirname(import.meta.dirname)
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>
}
/** Commands of ours that take options; the others hand everything to a tool, or take none. */
const withoutOptions = ['tidy', 'types', 'lint', 'format', 'generate']
const commands = Object.entries(scripts).filter(([name]) => !withoutOptions.includes(name))

test.each(commands)('npm run %s -- --help -> says what it does and ends well', (_name, command) => {
  const [file, ...argv] = command.replace(/^node scripts\/node24\.mjs /, '').split(' ')
  const said = execFileSync(process.execPath, [join(root, file!), ...argv, '--help'], { encoding: 'utf8', cwd: root })
  expect(said).toContain('--')
  expect(said.split('\n').length).toBeGreaterThan(4)
})
