/** What the rules are told: the zone file, the test globs and what npm starts. Does not: default anything silently. */
import type { Tree } from './tree.ts'

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

/** Throws when the tree lacks `scripts/zones.json` or `package.json`. */
export function readConfig(tree: Tree, testGlobs: readonly string[]): Config {
  const text = (path: string) => tree.texts.find((file) => file.path === path)?.text ?? ''
  const zones = JSON.parse(text('scripts/zones.json')) as Zones
  const manifest = JSON.parse(text('package.json')) as {
    scripts?: Record<string, string>
    dependencies?: Record<string, string>
    devDependencies?: Record<string, string>
  }
  const commands = [...Object.values(manifest.scripts ?? {}), text('.ci/run')].join('\n')
  return {
    ...zones,
    testGlobs,
    started: [...commands.matchAll(/[\w./-]+\.(?:ts|mjs)\b/g)].map((match) => match[0]),
    dependencies: Object.keys(manifest.dependencies ?? {}),
    devDependencies: Object.keys(manifest.devDependencies ?? {}),
  }
}
