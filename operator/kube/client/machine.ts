/** The real machine of `access.ts`: its clock, its files, its programs. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import type { Machine } from './access.ts'

export const realMachine: Machine = {
  now: () => Date.now(),
  readText: (path) => readFile(path, 'utf8'),
  run: (command, args, env) =>
    new Promise((resolve, reject) => {
      const options = { env: { ...process.env, ...env }, timeout: 60_000, maxBuffer: 1 << 20 }
      execFile(command, [...args], options, (error, stdout, stderr) => {
        if (error === null) resolve(stdout)
        else reject(new Error(`${command}: ${error.message.split('\n')[0]}${stderr ? `: ${stderr.trim()}` : ''}`))
      })
    }),
}
