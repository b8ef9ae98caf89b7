/**
 * Rules of use: every source is reached from something that starts (npm script, `.ci/run`, listed entry, test), and every test
 * is one that the runner's globs run. Does not: tell whether an export is used.
 */
import { matchesGlob, posix } from 'node:path'
import type { Config } from './config.ts'
import { lineAt, type Source, type Tree, type Violation } from './tree.ts'

// A path in quotes counts like an import: worker files, spawned scripts, configuration.
const quotedPath = /(['"`])([\w@./-]+\.(?:ts|mts|mjs|js))\1/g

export function checkReach(tree: Tree, config: Config): Violation[] {
  const byPath = new Map(tree.sources.map((source) => [source.path, source]))
  const missing = [...Object.keys(config.entries), ...config.started].filter(
    (path) => !byPath.has(path) && !path.startsWith('node_modules/'),
  )
  const reached = reachable(tree, [
    ...Object.keys(config.entries),
    ...config.started,
    ...tree.sources.filter(({ path }) => !path.includes('/') || isRun(path, config)).map(({ path }) => path),
  ])
  return [
    ...missing.map((path) => ({
      path,
      line: 0,
      message: 'is named as an entry (scripts/zones.json, package.json or .ci/run) but does not exist',
    })),
    ...tree.sources
      .filter((source) => !reached.has(source.path) && !looksLikeTest(source))
      .map(({ path }) => ({
        path,
        line: 0,
        message:
          'nothing imports it and nothing starts it: delete it, or name it under "entries" in scripts/zones.json',
      })),
  ]
}

function reachable(tree: Tree, starts: readonly string[]): Set<string> {
  const byPath = new Map(tree.sources.map((source) => [source.path, source]))
  const reached = new Set<string>()
  const open = [...starts]
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const source = byPath.get(path)
    if (source === undefined || reached.has(path)) continue
    reached.add(path)
    for (const match of source.text.matchAll(quotedPath)) {
      open.push(match[2]!.startsWith('.') ? posix.join(posix.dirname(path), match[2]!) : match[2]!)
    }
  }
  return reached
}

const testName = /[._-](?:test|spec)\.\w+$|(?:^|\/)__tests__\//

function looksLikeTest({ path, imports }: Source): boolean {
  return testName.test(path) || imports.some(({ specifier }) => specifier === 'vitest')
}

const isRun = (path: string, config: Config) => config.testGlobs.some((glob) => matchesGlob(path, glob))

export function checkTests(tree: Tree, config: Config): Violation[] {
  const run = tree.sources.filter(({ path }) => isRun(path, config))
  const reached = reachable(
    tree,
    run.map(({ path }) => path),
  )
  const unrun = tree.sources
    .filter((source) => looksLikeTest(source) && !reached.has(source.path))
    .map(({ path }) => ({
      path,
      line: 0,
      message: `a test that no glob runs: name it so that ${config.testGlobs.join(' or ')} matches`,
    }))
  const switchedOff = tree.sources.flatMap(({ path, code, text }) =>
    [...code.matchAll(/\b(?:it|test|describe)\.(?:skip|only|todo|fails)\b/g)]
      .map((match) => ({ line: lineAt(code, match.index), name: match[0] }))
      .filter(
        ({ line }) =>
          !/docs\/gaps\/[\w-]+\.md/.test(
            text
              .split('\n')
              .slice(Math.max(0, line - 2), line)
              .join('\n'),
          ),
      )
      .map(({ line, name }) => ({
        path,
        line,
        message: `${name}: a test that does not run proves nothing; run it, or name its page in docs/gaps on the line above`,
      })),
  )
  return [...unrun, ...switchedOff]
}
