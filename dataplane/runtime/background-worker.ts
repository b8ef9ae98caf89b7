/**
 * The thread of `WorkerBackground`: takes tasks one after the other and moves the buffers of their output.
 *
 * Between tasks it gives back what they left: a cut leaves a hundred megabytes of columns that the engine would
 * collect only under the pressure of the next one, and the process has them all that time. A collection of so
 * small a heap takes some milliseconds, and nobody waits for it.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { parentPort } from 'node:worker_threads'
import { callTask, sendError, type TaskReply, type TaskRequest } from './background.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

let turn: Promise<void> = Promise.resolve()

parentPort?.on('message', (request: TaskRequest) => {
  turn = turn.then(() => answer(request)).then(collectGarbage)
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
