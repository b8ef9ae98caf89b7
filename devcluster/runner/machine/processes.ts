/**
 * Containers as local processes: started in a group of their own, found again by a later runner, ended without leftovers.
 *
 * ```
 * runner ─▶ keeper (sh, leader of a new session and group) ─▶ main process ─▶ whatever that starts
 *             writes pid, waits, writes exit, then ends its whole group, itself too
 * ```
 * The keeper costs a megabyte and lets the exit code survive the runner. A process is named by the keeper's pid and the time it started, since pids are
 * used again. A descendant that left the group is found by a variable in its environment. Linux only, by /proc. Does not: isolate or limit anything.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { accessSync, constants, readdirSync, readFileSync, statSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ProcessName } from '../pod/record.ts'
import { type Command, markVariable, type Processes } from '../ports.ts'

const pollMs = 100
const outputMax = 8_192
/** SIGKILL, as a shell tells it. */
const killed = 137

const keeperScript = `
cd "$1" || exit 1
shift
run=$1
shift
"$@" >>"$run/log" 2>&1 </dev/null &
main=$!
echo "$$ $main" >"$run/pid.new" && mv "$run/pid.new" "$run/pid"
echo "$main"
exec >/dev/null
wait $main
echo $? >"$run/exit.new" && mv "$run/exit.new" "$run/exit"
kill -9 0
`

export class LocalProcesses implements Processes {
  readonly #children = new Map<number, ChildProcess>()

  async start(command: Command, runFolder: string): Promise<ProcessName> {
    const words = resolved(command)
    const child = spawn('/bin/sh', ['-c', keeperScript, 'keeper', command.folder, runFolder, ...words], {
      env: command.environment,
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const main = Number(await firstLine(child))
    const keeper = child.pid!
    this.#children.set(keeper, child)
    child.once('exit', () => this.#children.delete(keeper))
    child.stdout!.destroy()
    child.unref()
    return { keeper, main, born: bornOf(keeper) ?? 'ended' }
  }

  async ended(process: ProcessName, runFolder: string): Promise<number> {
    const child = this.#children.get(process.keeper)
    if (child !== undefined) await new Promise((resolve) => child.once('exit', resolve))
    while (isAlive(process)) await sleep(pollMs, undefined, { ref: false })
    endGroup(process)
    return Number(readText(join(runFolder, 'exit')) ?? killed)
  }

  signal(process: ProcessName, signal: 'SIGTERM' | 'SIGKILL'): void {
    if (isAlive(process)) kill(process.main, signal)
  }

  find(runFolder: string): ProcessName | undefined {
    const [keeper, main] = (readText(join(runFolder, 'pid')) ?? '').split(' ').map(Number)
    const born = keeper === undefined || main === undefined ? undefined : bornOf(keeper)
    if (born === undefined || readText(join(runFolder, 'exit')) !== undefined) return undefined
    return { keeper: keeper!, main: main!, born }
  }

  run(command: Command, timeoutMs: number): Promise<{ exitCode: number; output: string }> {
    const [program, ...words] = command.words
    return new Promise((resolve) => {
      const options = {
        cwd: command.folder,
        env: command.environment,
        timeout: timeoutMs,
        killSignal: 'SIGKILL',
      } as const
      execFile(program ?? '', words, options, (error, stdout, stderr) => {
        const output = `${stdout}${stderr}`.slice(0, outputMax)
        if (error === null) resolve({ exitCode: 0, output })
        else if (error.killed) resolve({ exitCode: killed, output: `command timed out after ${timeoutMs} ms` })
        else if (typeof error.code === 'number') resolve({ exitCode: error.code, output })
        else resolve({ exitCode: 126, output: error.message })
      })
    })
  }

  sweep(mark: string, keep: ReadonlySet<string>): number {
    let ended = 0
    for (const name of readdirSync('/proc')) {
      const pid = Number(name)
      if (!Number.isInteger(pid) || pid === process.pid) continue
      const entry = readText(`/proc/${pid}/environ`)
        ?.split('\0')
        .find((one) => one.startsWith(`${markVariable}=${mark}`))
      if (entry === undefined || keep.has(entry.slice(markVariable.length + 1))) continue
      ended++
      kill(pid, 'SIGKILL')
    }
    return ended
  }

  own(): string {
    return `${process.pid} ${bornOf(process.pid)}`
  }

  runs(own: string): boolean {
    const [pid, born] = own.split(' ')
    return bornOf(Number(pid)) === born
  }
}

/** The keeper that was started, not another process with its pid. */
function isAlive({ keeper, born }: ProcessName): boolean {
  return bornOf(keeper) === born
}

/** While members of a group live, no other group gets its number. */
function endGroup({ keeper }: ProcessName): void {
  for (const name of readdirSync('/proc')) {
    const pid = Number(name)
    if (Number.isInteger(pid) && statOf(pid)?.group === keeper) kill(pid, 'SIGKILL')
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** When a process started, or `undefined` when it does not run (a zombie does not). */
function bornOf(pid: number): string | undefined {
  const stat = statOf(pid)
  return stat === undefined || stat.state === 'Z' || stat.state === 'X' ? undefined : `${bootId()}/${stat.started}`
}

function statOf(pid: number): { state: string; group: number; started: string } | undefined {
  const text = readText(`/proc/${pid}/stat`)
  if (text === undefined) return undefined
  // After the name in brackets, which may hold anything: state, parent, group, …; the start time is field 22 of all.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { state: fields[0]!, group: Number(fields[2]), started: fields[19]! }
}

let boot: string | undefined
function bootId(): string {
  boot ??= readText('/proc/sys/kernel/random/boot_id')?.trim() ?? ''
  return boot
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** A kubelet says at once that there is no such program; a shell would say it in the log. */
function resolved({ words, folder, environment }: Command): readonly string[] {
  const [program, ...others] = words
  if (program === undefined || program === '') throw new Error('no command specified')
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new Error(`working directory ${folder}: no such directory`)
  const candidates = program.includes('/')
    ? [isAbsolute(program) ? program : join(folder, program)]
    : (environment.PATH ?? '').split(delimiter).map((path) => join(path, program))
  const found = candidates.find((path) => {
    try {
      accessSync(path, constants.X_OK)
      return statSync(path).isFile()
    } catch {
      return false
    }
  })
  if (found === undefined) throw new Error(`exec: "${program}": executable file not found in $PATH`)
  return [found, ...others]
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    child.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      if (text.includes('\n')) resolve(text.split('\n')[0]!)
    })
    child.once('error', reject)
    child.once('exit', () => (text.includes('\n') ? undefined : reject(new Error('the process could not be started'))))
  })
}
