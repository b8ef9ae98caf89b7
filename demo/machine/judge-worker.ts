/** The thread of the judge: messages in, answers out. */
import { parentPort, workerData } from 'node:worker_threads'
import type { Query } from '../../oracle/query.ts'
import { Judge } from '../judge/judge.ts'

export type JudgeMessage =
  | { readonly lines: readonly string[] }
  | { readonly id: number; readonly call: 'visible' | 'profile'; readonly query?: undefined }
  | { readonly id: number; readonly call: 'answer'; readonly query: Query }

export type JudgeReply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: string }

const judge = new Judge((workerData as { project: string }).project)

parentPort!.on('message', (message: JudgeMessage) => {
  if ('lines' in message) return judge.take(message.lines)
  try {
    const value = message.call === 'answer' ? judge.answer(message.query) : judge[message.call]()
    parentPort!.postMessage({ id: message.id, value } satisfies JudgeReply)
  } catch (error) {
    parentPort!.postMessage({ id: message.id, error: (error as Error).message } satisfies JudgeReply)
  }
})
