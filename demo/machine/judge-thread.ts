/** Starts the judge in a worker thread and speaks to it. */
import { Worker } from 'node:worker_threads'
import type { JudgePort } from '../judge/port.ts'
import type { JudgeMessage, JudgeReply } from './judge-worker.ts'

type Call = (reply: JudgeReply) => void

export function startJudge(project: string): JudgePort {
  const worker = new Worker(new URL('./judge-worker.ts', import.meta.url), { workerData: { project } })
  const calls = new Map<number, Call>()
  let last = 0
  let failure: unknown
  const fail = (error: unknown) => {
    failure = error
    for (const call of calls.values()) call({ id: 0, error: String(error) })
    calls.clear()
  }
  worker.on('message', (reply: JudgeReply) => {
    calls.get(reply.id)?.(reply)
    calls.delete(reply.id)
  })
  worker.on('error', fail)
  const call = <T>(message: Omit<Extract<JudgeMessage, { id: number }>, 'id'>): Promise<T> =>
    new Promise((resolve, reject) => {
      if (failure !== undefined) throw failure
      const id = ++last
      calls.set(id, (reply) =>
        'error' in reply ? reject(new Error(`the oracle: ${reply.error}`)) : resolve(reply.value as T),
      )
      worker.postMessage({ id, ...message })
    })
  return {
    take: (lines) => worker.postMessage({ lines }),
    visible: () => call({ call: 'visible' }),
    profile: () => call({ call: 'profile' }),
    answer: (query) => call({ call: 'answer', query }),
    async close() {
      await worker.terminate()
      fail(new Error('closed'))
    },
  }
}
