/** Starts candidates of an election as processes, and ends every one of them. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ElectionLimits } from '../../../operator/kube/lease/election.ts'

const program = fileURLToPath(new URL('candidate-process.ts', import.meta.url))

export interface CandidateProcess {
  readonly child: ChildProcess
  /** Terms that it led, in order. */
  readonly led: number[]
  /** Terms that it found lost. */
  readonly lost: number[]
}

const started = new Set<ChildProcess>()

export interface CandidateOptions {
  /** Absent: the server that `KUBECONFIG` names. */
  readonly url?: string
  readonly namespace: string
  readonly limits?: Partial<ElectionLimits>
  readonly pauseMs?: number
}

/** Resolves at once; it leads when `led` says so. */
export function startCandidate({ url = '', namespace, limits = {}, pauseMs = 5 }: CandidateOptions): CandidateProcess {
  const child = fork(program, [url, namespace, JSON.stringify(limits), String(pauseMs)], { stdio: 'inherit' })
  started.add(child)
  child.on('exit', () => started.delete(child))
  const [led, lost]: [number[], number[]] = [[], []]
  child.on('message', (message: { leading?: number; lost?: number }) => {
    if (message.leading !== undefined) led.push(message.leading)
    if (message.lost !== undefined) lost.push(message.lost)
  })
  return { child, led, lost }
}

export async function endCandidates(): Promise<void> {
  await Promise.all(
    [...started].map(async (child) => {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    }),
  )
}
