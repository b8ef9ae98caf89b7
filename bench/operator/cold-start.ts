/** A cold start with many objects: a process for each, as the operator's pod starts one. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { mallocEnvironment, nodeOptions } from '../../dataplane/main/process-options.ts'
import type { HttpApi } from '../../operator/kube/client/http-api.ts'
import { resources } from '../../operator/kube/resource.ts'
import { sampleManager, samplePod } from './sample-pod.ts'
import type { SyncReply } from './sync-process.ts'

export interface ColdStarts {
  readonly api: HttpApi
  readonly namespace: string
  readonly objects: number
  readonly rounds: number
  readonly say: (line: string) => void
}

const writers = 40

/** One reply a round. Throws when a process saw another number of objects. */
export async function measureColdStarts(options: ColdStarts): Promise<SyncReply[]> {
  const { namespace, objects, rounds, say } = options
  await fill(options)
  const replies: SyncReply[] = []
  for (let round = 0; round < rounds; round++) {
    replies.push(await sync(namespace, objects))
    say(`cold start ${round + 1}: ${JSON.stringify(replies.at(-1))}`)
  }
  return replies
}

async function fill({ api, namespace, objects, say }: ColdStarts): Promise<void> {
  const began = performance.now()
  let next = 0
  const write = async () => {
    for (let index = next++; index < objects; index = next++) {
      await api.apply(resources.pods, samplePod(namespace, index), { fieldManager: sampleManager, force: true })
    }
  }
  await Promise.all(Array.from({ length: writers }, write))
  say(`${objects} pods made in ${Math.round(performance.now() - began)} ms`)
}

async function sync(namespace: string, objects: number): Promise<SyncReply> {
  // As the operator's pod starts it.
  const options = { execArgv: [...nodeOptions], env: { ...process.env, ...mallocEnvironment } }
  const child = fork(join(import.meta.dirname, 'sync-process.ts'), [namespace], options)
  const [answer] = await Promise.race([once(child, 'message'), once(child, 'exit')])
  if (answer === null || typeof answer !== 'object') throw new Error(`the process that syncs ended with ${answer}`)
  const reply = answer as SyncReply
  if (reply.objects !== objects) throw new Error(`synced ${reply.objects} objects, want ${objects}`)
  return reply
}
