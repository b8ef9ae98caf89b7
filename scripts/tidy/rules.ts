/** The list of rules by name, in the order in which they report. */
import type { Config } from './config.ts'
import { checkOracle, checkPackages, checkZones } from './direction.ts'
import { checkEffects } from './effects.ts'
import { checkNames } from './names.ts'
import { checkPromises } from './promises.ts'
import { checkReach, checkTests } from './reach.ts'
import { checkSizes } from './sizes.ts'
import type { Tree, Violation } from './tree.ts'
import { checkWords } from './words.ts'

export type RuleName =
  | 'size'
  | 'zone'
  | 'oracle'
  | 'package'
  | 'effect'
  | 'reach'
  | 'test'
  | 'word'
  | 'name'
  | 'promise'

export const rules: Readonly<Record<RuleName, (tree: Tree, config: Config) => Violation[]>> = {
  size: checkSizes,
  zone: checkZones,
  oracle: checkOracle,
  package: checkPackages,
  effect: checkEffects,
  reach: checkReach,
  test: checkTests,
  word: checkWords,
  name: checkNames,
  promise: checkPromises,
}

/** Rules that generated files must keep too: what they import. Their shape is their generator's. */
const rulesOfGenerated: ReadonlySet<string> = new Set(['zone', 'package'])

/** One line per violation: `path:line rule: message`. Empty when the tree is tidy. */
export function judge(tree: Tree, config: Config): string[] {
  return Object.entries(rules).flatMap(([name, rule]) =>
    rule(tree, config)
      .filter(({ path }) => rulesOfGenerated.has(name) || !path.includes('/generated/'))
      .map(({ path, line, message }) => `${path}${line === 0 ? '' : `:${line}`} ${name}: ${message}`),
  )
}
