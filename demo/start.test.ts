/**
 * `npm start` from outside: real processes, and the page that newcomers type from.
 *
 * Blocks of `docs/start.md` marked `sh` are run, in order, in a folder of their own, with other ports; each line of the
 * block after one must be in its output. One folder for all starts, as on a user's machine.
 */
import { type ChildProcess, execFile, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { freePorts } from '../dataplane/main/tcp-ports.ts'
import { answerPicture, type Drawable } from './picture/answer.ts'
import { styleFor } from './picture/style.ts'

const program = join(import.meta.dirname, 'main.ts')
const page = readFileSync(join(import.meta.dirname, '../docs/start.md'), 'utf8')
const root = mkdtempSync(join(tmpdir(), 'anabranch-start-'))
const missing = ['bash', 'curl', 'git'].filter((command) => spawnSync(command, ['--version']).status !== 0)
const running = new Set<ChildProcess>()
let common: readonly string[] = []
let ports: readonly number[] = []
const timeoutMs = 240_000

beforeAll(async () => {
  ports = await freePorts(2)
  common = ['--folder', join(root, 'stored'), '--ingest-port', `${ports[0]}`, '--query-port', `${ports[1]}`]
})
afterEach(async () => {
  for (const child of running) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    const gone = once(child, 'exit')
    child.kill('SIGTERM')
    await gone
  }
  running.clear()
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

async function finished(...options: readonly string[]): Promise<{ stdout: string; stderr: string; code: number }> {
  return promisify(execFile)(process.execPath, [program, ...common, ...options], { timeout: 90_000 }).then(
    (output) => ({ ...output, code: 0 }),
    (error: { stdout: string; stderr: string; code: number }) => error,
  )
}

/** Started and left running, once it has said `words`. */
async function left(words: string, ...options: readonly string[]) {
  const child = spawn(process.execPath, [program, ...common, ...options], { stdio: ['ignore', 'pipe', 'pipe'] })
  running.add(child)
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text))
  const exited = once(child, 'exit')
  while (!said.includes(words)) {
    await Promise.race([once(child.stdout, 'data'), exited])
    if (child.exitCode !== null) throw new Error(`ended before it said "${words}":\n${said}`)
  }
  return {
    child,
    said: () => said,
    async interrupted() {
      child.kill('SIGINT')
      await exited
      return child.exitCode
    },
  }
}

/** Process ids of the children of a process. */
function childrenOf(pid: number): number[] {
  const table = existsSync('/proc/self/stat')
    ? readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name))
        .map((name) => [Number(name), parentOf(name)])
    : execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
        .split('\n')
        .map((line) => line.trim().split(/\s+/).map(Number))
  return table.filter(([, parent]) => parent === pid).map(([child]) => child!)
}

function parentOf(pid: string): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')')).split(' ')[2])
  } catch {
    return 0
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** The pictures, without what a clock says. */
function pictures(said: string): string {
  const end = said.indexOf('\nYour own events')
  return said
    .slice(said.indexOf('users of'), end === -1 ? undefined : end)
    .replace(/(equal to the oracle) ·.*/g, '$1')
    .trim()
}

/** What `--json` prints, as far as the test reads it. */
interface Document {
  readonly answers: readonly (Drawable['question'] & Drawable['answer'] & { readonly equalToOracle: boolean })[]
}

const plain = styleFor({ isTerminal: false, columns: undefined, noColour: undefined })

interface DocStep {
  readonly command: string
  readonly output: readonly string[]
}

/** Blocks marked `sh`, each with the unmarked block that follows it. */
function stepsOf(markdown: string): DocStep[] {
  const blocks = [...markdown.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, kind, text]) => ({ kind, text: text! }))
  return blocks.flatMap(({ kind, text }, index) => {
    if (kind !== 'sh') return []
    const after = blocks[index + 1]
    const output = after?.kind === '' ? after.text.trim().split('\n') : []
    return [{ command: text, output: output.map((line) => line.trim()) }]
  })
}

/** The command as typed, on the ports and in the folder of the test. */
function typed(command: string): string {
  const own = common.map((word) => `'${word}'`).join(' ')
  return command
    .replaceAll('127.0.0.1:8080', `127.0.0.1:${ports[0]}`)
    .replaceAll('127.0.0.1:8081', `127.0.0.1:${ports[1]}`)
    .replaceAll('npm start --', `'${process.execPath}' '${program}' ${own}`)
}

async function follow({ command, output }: DocStep, folder: string): Promise<void> {
  const { stdout } = await promisify(execFile)('bash', ['-ec', typed(command)], { cwd: folder, timeout: 90_000 })
  expect(output.length).toBeGreaterThan(0)
  for (const line of output) expect(stdout, command).toContain(line)
}

describe('npm start', () => {
  const steps = stepsOf(page)
  const [whileItRuns, afterwards] = [
    steps.filter(({ command }) => !command.includes('npm start')),
    steps.filter(({ command }) => command.includes('npm start')),
  ]

  test(
    'npm start: answers equal to the oracle; started again, the same events sent again -> the same pictures (DED-1)',
    async () => {
      const first = await finished('--once', '--json', '--events', '2000')
      expect(first.code, first.stderr).toBe(0)
      const document = JSON.parse(first.stdout) as Document
      expect(document).toMatchObject({ equalToOracle: true, imported: { accepted: 2000, refused: 0 } })
      expect(document.answers.map(({ equalToOracle }) => equalToOracle)).toEqual([true, true, true])
      const second = await left('Stop with Ctrl-C', '--events', '2000')
      const drawn = document.answers.map((answer) =>
        answerPicture(plain, { question: answer, answer, difference: undefined, ms: 0 }),
      )
      expect(pictures(second.said())).toBe(pictures(drawn.join('\n\n')))
      const children = childrenOf(second.child.pid!)
      expect(children).toHaveLength(5)

      // The page for newcomers, while it runs.
      if (missing.length === 0) for (const step of whileItRuns) await follow(step, root)

      expect((await finished('--once')).stderr).toBe(
        `npm start: port ${ports[0]} is in use: stop what listens there, or give another by --ingest-port\n`,
      )
      expect(await second.interrupted()).toBe(0)
      expect(children.filter(isAlive)).toEqual([])
    },
    timeoutMs,
  )

  test.skipIf(missing.length > 0)(
    `docs/start.md: what is typed after it${missing.length === 0 ? '' : ` (skipped: no ${missing.join(', ')} here)`} -> the output that the page shows`,
    async () => {
      expect([whileItRuns.length, afterwards.length]).toEqual([4, 2])
      if (!existsSync(join(root, 'events.ndjson'))) throw new Error('the page wrote no events.ndjson')
      const identity = {
        GIT_AUTHOR_NAME: 'a',
        GIT_AUTHOR_EMAIL: 'a@example.org',
        GIT_COMMITTER_NAME: 'a',
        GIT_COMMITTER_EMAIL: 'a@example.org',
      }
      execFileSync('git', ['init', '-q', '.'], { cwd: root })
      execFileSync('git', ['add', 'events.ndjson'], { cwd: root })
      execFileSync('git', ['commit', '-q', '-m', 'begin'], { cwd: root, env: { ...process.env, ...identity } })
      for (const step of afterwards) await follow(step, root)
    },
    timeoutMs,
  )

  test(
    'npm start: Ctrl-C while it imports -> ends soon with 130, and no process is left',
    async () => {
      const { child, said, interrupted } = await left('ready after')
      const children = childrenOf(child.pid!)
      expect(children).toHaveLength(5)
      expect(await interrupted()).toBe(130)
      expect(said()).toMatch(/npm start: stopped \(Ctrl-C\)\n$/)
      expect(children.filter(isAlive)).toEqual([])
    },
    timeoutMs,
  )

  test.each([
    ['no git', ['--git', '.'], 'git is not installed, or not in PATH: --git needs it'],
    [
      'a file that is not there',
      ['--file', 'missing.ndjson'],
      `--file ${join(root, 'missing.ndjson')}: there is no such file`,
    ],
    ['an unknown flag, as JSON', ['--json', '--tail'], "Unknown option '--tail'; --help lists the options"],
  ])('npm start: %s -> one line, exit code 1, nothing started', (_what, options, line) => {
    const run = spawnSync(process.execPath, [program, ...common, '--once', ...options], {
      cwd: root,
      env: { ...process.env, PATH: join(root, 'nothing') },
      encoding: 'utf8',
    })
    expect({ code: run.status, said: run.stderr, stdout: run.stdout }).toEqual({
      code: 1,
      said: `npm start: ${line}\n`,
      stdout: '',
    })
  })
})
