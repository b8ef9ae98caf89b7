/** What the rules are told: the zone file, the test globs and what npm starts. Does not: default anything silently. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Zones {
  /** Zone (a path prefix; the longest owns a file) to the zones that it may import. `dataplane/*` means each zone below. */
  readonly zones: Readonly<Record<string, readonly string[]>>
  /** What any `*.test.ts` may import besides. */
  readonly tests: readonly string[]
  /** Path prefix that may touch real time, chance, disk, network and process, to the reason. */
  readonly effects: Readonly<Record<string, string>>
  /** File that something outside the imports starts, to what starts it. Files named by package.json or `.ci/run` need no line. */
  readonly entries: Readonly<Record<string, string>>
}

export interface Config extends Zones {
  /** Globs of the files that the test runner runs. */
  readonly testGlobs: readonly string[]
  /** Source files named by the scripts of package.json or by `.ci/run`. */
  readonly started: readonly string[]
  readonly dependencies: readonly string[]
  readonly devDependencies: readonly string[]
}

export function readConfig(root: string, testGlobs: readonly string[]): Config {
  const zones = JSON.parse(readFileSync(join(root, 'scripts/zones.json'), 'utf8')) as Zones
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts?: Record<string, string>
    dependencies?: Record<string, string>
    devDependencies?: Record<string, string>
  }
  const ci = join(root, '.ci/run')
  const commands = [...Object.values(manifest.scripts ?? {}), existsSync(ci) ? readFileSync(ci, 'utf8') : ''].join('\n')
  return {
    ...zones,
    testGlobs,
    started: [...commands.matchAll(/[\w./-]+\.(?:ts|mjs)\b/g)].map((match) => match[0]),
    dependencies: Object.keys(manifest.dependencies ?? {}),
    devDependencies: Object.keys(manifest.devDependencies ?? {}),
  }
}
