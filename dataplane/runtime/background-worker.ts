/** The thread of `WorkerBackground`: takes tasks one after the other and moves the buffers of their output. */
import { parentPort } from 'node:worker_threads'
import { callTask, sendError, type TaskReply, type TaskRequest } from './background.ts'

let turn: Promise<void> = Promise.resolve()

parentPort?.on('message', (request: TaskRequest) => {
  turn = turn.then(() => answer(request))
})

async function answer({ id, module, name, input }: TaskRequest): Promise<void> {
  try {
    const output = await callTask(module, name, input)
    parentPort?.postMessage({ id, output } satisfies TaskReply, buffersOf(output))
  } catch (error) {
    parentPort?.postMessage({ id, error: sendError(error) } satisfies TaskReply)
  }
}

/** Buffers that typed arrays of the output own whole, each once: at the top, or one level down in lists and objects. */
function buffersOf(output: unknown): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>()
  const look = (value: unknown) => {
    if (!ArrayBuffer.isView(value) || !(value.buffer instanceof ArrayBuffer)) return
    if (value.byteLength === value.buffer.byteLength) buffers.add(value.buffer)
  }
  look(output)
  if (typeof output === 'object' && output !== null && !ArrayBuffer.isView(output)) Object.values(output).forEach(look)
  return [...buffers]
}
