/** `npm run tidy`: our own lint, for the rules that no linter knows (see `scripts/tidy/`). Exits 1 when a rule is broken. */
import { dirname } from 'node:path'
import { readConfig } from './tidy/config.ts'
import { testGlobs } from './tidy/globs.ts'
import { judge } from './tidy/rules.ts'
import { adviseFunctions } from './tidy/sizes.ts'
import { readTree } from './tidy/tree.ts'

const tree = readTree(dirname(import.meta.dirname))
const broken = judge(tree, readConfig(tree, testGlobs))
for (const { path, line, message } of adviseFunctions(tree)) console.log(`${path}:${line} advice: ${message}`)
for (const line of broken) console.log(line)
console.log(`tidy: ${tree.sources.length} sources, ${broken.length} violations`)
process.exitCode = broken.length === 0 ? 0 : 1
