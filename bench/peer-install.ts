/**
 * The peers come from npm, at pinned versions, into `bench/peers/`, a folder that git ignores.
 *
 * They are no dependencies of the project: only a benchmark that is asked to compare installs them.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const peerVersions = { chdb: '3.4.0', '@duckdb/node-api': '1.5.6-r.1' } as const

export const peersFolder = join(import.meta.dirname, 'peers')

/** Installs what is missing. Throws an `Error` that says what to do when that is impossible. */
export function installPeers(say: (line: string) => void, { folder = peersFolder, npm = 'npm' } = {}): void {
  if (Object.entries(peerVersions).every(([name, version]) => installedVersion(folder, name) === version)) return
  mkdirSync(folder, { recursive: true })
  const manifest = { private: true, description: 'Peers of the benchmarks', dependencies: peerVersions }
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`)
  say(`Installing ClickHouse and DuckDB into ${folder} (about 620 MB)`)
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock']
  const run = spawnSync(npm, ['install', ...flags], {
    cwd: folder,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  })
  if (run.status !== 0) {
    const why = run.error?.message ?? (run.stderr.trim().split('\n').slice(-3).join(' ') || `exit ${run.status}`)
    throw new Error(
      `The peers could not be installed: npm install in ${folder}: ${why}. Run with --no-peers to measure without them.`,
    )
  }
  for (const [name, version] of Object.entries(peerVersions)) {
    const got = installedVersion(folder, name)
    if (got !== version)
      throw new Error(`The peer ${name} is not as pinned: got ${got}, want ${version}. Remove ${folder} and run again.`)
  }
}

function installedVersion(folder: string, name: string): string | undefined {
  const file = join(folder, 'node_modules', name, 'package.json')
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).version : undefined
}
