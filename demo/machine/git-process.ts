/** git of this machine, in one folder. Its output is streamed; what it says when it fails becomes one line. */
import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { Fault } from '../fault.ts'
import type { Git } from '../source/git.ts'

export function gitIn(path: string): Git {
  const folder = resolve(path)
  return {
    path: folder,
    async text(argv) {
      const chunks: Buffer[] = []
      for await (const chunk of run(folder, argv)) chunks.push(chunk)
      return Buffer.concat(chunks).toString('utf8')
    },
    stream: (argv, signal) => run(folder, argv, signal),
  }
}

async function* run(folder: string, argv: readonly string[], signal?: AbortSignal): AsyncGenerator<Buffer> {
  // Messages in English, no pager, no question for a password.
  const env = { ...process.env, LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0' }
  const child = spawn('git', ['-C', folder, ...argv], { stdio: ['ignore', 'pipe', 'pipe'], env, signal })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const ended = new Promise<NodeJS.ErrnoException | number | null>((resolve) =>
    child.once('error', resolve).once('close', resolve),
  )
  try {
    for await (const chunk of child.stdout) yield chunk as Buffer
    const end = await ended
    if (end === 0) return
    signal?.throwIfAborted()
    if (end instanceof Error) {
      if (end.code === 'ENOENT') throw new Fault('git is not installed, or not in PATH: --git needs it')
      throw end
    }
    const why = said
      .trim()
      .split('\n')[0]!
      .replace(/^fatal: /, '')
    throw new Fault(`--git ${folder}: ${why === '' ? `git ended with ${end}` : why}`)
  } finally {
    child.kill()
  }
}
