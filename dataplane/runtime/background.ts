/**
 * Work off the serving thread: tasks by name, run in a worker thread, or inline for tests and tools.
 *
 * A task is the named export of a module: a pure function of one structured-cloneable input. Both
 * runners clone input and output, so that a task which works inline works in a thread. Buffers of the
 * output are moved, not copied (a task must not keep them); those of the input are copied, since the caller still owns them.
 *
 * Does not: cancel a task, or keep state between tasks.
 */
import { Worker } from 'node:worker_threads'
import { BugError, type CorruptDetail, CorruptError } from '../../common/errors/errors.ts'
import type { Background, BackgroundTask } from '../core/ports.ts'

/** Where a task's implementation lies: `module` is a file URL, for example `new URL('../shard/run/tasks.ts', import.meta.url)`. */
export interface TaskSource {
  readonly module: URL
  readonly name: string
}

export type TaskTable = Readonly<Record<BackgroundTask, TaskSource>>

/** What goes to the worker. */
export interface TaskRequest {
  readonly id: number
  readonly module: string
  readonly name: string
  readonly input: unknown
}

/** What comes back: `output` or `error`. */
export interface TaskReply {
  readonly id: number
  readonly output?: unknown
  readonly error?: SentError
}

/** An error on its way between threads, where a class would become a plain `Error` without its fields. */
export interface SentError {
  readonly name: string
  readonly message: string
  readonly stack: string | undefined
  /** Of a `CorruptError`. */
  readonly detail: CorruptDetail | undefined
}

export function sendError(error: unknown): SentError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), stack: undefined, detail: undefined }
  const detail = error instanceof CorruptError ? error.detail : undefined
  return { name: error.name, message: error.message, stack: error.stack, detail }
}

function receiveError({ name, message, stack, detail }: SentError): Error {
  const error = detail ? new CorruptError(detail) : name === 'BugError' ? new BugError(message) : new Error(message)
  error.stack = stack
  return error
}

/** Calls the implementation. Throws what it throws. */
export async function callTask(module: string, name: string, input: unknown): Promise<unknown> {
  const implementation = (await import(module))[name]
  if (typeof implementation !== 'function') throw new TypeError(`${module} exports no function ${name}`)
  return implementation(input)
}

/** Runs tasks on the calling thread. */
export function inlineBackground(tasks: TaskTable): Background {
  return {
    async run<Output>(task: BackgroundTask, input: unknown): Promise<Output> {
      const { module, name } = tasks[task]
      return structuredClone(await callTask(module.href, name, structuredClone(input))) as Output
    },
  }
}

interface Waiting {
  readonly resolve: (output: unknown) => void
  readonly reject: (error: unknown) => void
}

export class WorkerBackground implements Background {
  readonly #tasks: TaskTable
  readonly #waiting = new Map<number, Waiting>()
  #worker: Worker | undefined = undefined
  #nextId = 0
  #closed = false

  /** One thread, started with the first task and again after one that killed it. Tasks run one after the other. */
  constructor(tasks: TaskTable) {
    this.#tasks = tasks
  }

  run<Output>(task: BackgroundTask, input: unknown): Promise<Output> {
    if (this.#closed) return Promise.reject(new Error(`task ${task}: the background is closed`))
    const { module, name } = this.#tasks[task]
    const id = this.#nextId++
    return new Promise<unknown>((resolve, reject) => {
      this.#worker ??= this.#start()
      this.#waiting.set(id, { resolve, reject })
      // A waiting task must keep the process alive, an idle worker must not.
      this.#worker.ref()
      try {
        this.#worker.postMessage({ id, module: module.href, name, input } satisfies TaskRequest)
      } catch (error) {
        this.#settle({ id, error: sendError(error) })
      }
    }) as Promise<Output>
  }

  /** Stops the thread; tasks that wait reject. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#worker?.terminate()
  }

  #start(): Worker {
    const worker = new Worker(new URL('./background-worker.ts', import.meta.url))
    worker.on('message', (reply: TaskReply) => this.#settle(reply))
    worker.on('error', (error) => this.#lose(worker, error))
    worker.on('exit', (code) => this.#lose(worker, new Error(`the background thread stopped with code ${code}`)))
    return worker
  }

  #settle({ id, output, error }: TaskReply): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    // While closing the worker must keep the process alive, or a reply that comes last lets it end before `close` resolves.
    if (this.#waiting.size === 0 && !this.#closed) this.#worker?.unref()
    if (error === undefined) waiting?.resolve(output)
    else waiting?.reject(receiveError(error))
  }

  #lose(worker: Worker, error: Error): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }
}
