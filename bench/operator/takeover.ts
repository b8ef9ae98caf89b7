/** How long nobody leads: after the leader releases its Lease, and after it is killed, with the limits that the operator has. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

const program = '../../test/support/processes/candidate-process.ts'

export interface Takeovers {
  readonly afterReleaseMs: readonly number[]
  readonly afterKillMs: readonly number[]
}

/** `rounds` of each, one after the other. */
export async function measureTakeovers(
  namespace: string,
  rounds: number,
  say: (line: string) => void,
): Promise<Takeovers> {
  const afterReleaseMs: number[] = []
  const afterKillMs: number[] = []
  const started: ChildProcess[] = []
  const start = () => {
    // No address: the server that `KUBECONFIG` names. No limits: those of the operator.
    const child = fork(join(import.meta.dirname, program), ['', namespace, '{}', '1000'])
    started.push(child)
    return child
  }
  let leader = await leading(start())
  try {
    for (let round = 0; round < rounds; round++) {
      for (const [signal, results] of [
        ['SIGTERM', afterReleaseMs],
        ['SIGKILL', afterKillMs],
      ] as const) {
        const standby = start()
        // It has looked at the Lease at least once, as a standby has.
        await new Promise((resolve) => setTimeout(resolve, 3000))
        const began = performance.now()
        leader.kill(signal)
        leader = await leading(standby)
        results.push(performance.now() - began)
        say(`takeover after ${signal}: ${Math.round(results.at(-1)!)} ms`)
      }
    }
  } finally {
    for (const child of started) child.kill('SIGKILL')
  }
  return { afterReleaseMs, afterKillMs }
}

/** Its first message says that it leads. */
async function leading(candidate: ChildProcess): Promise<ChildProcess> {
  await once(candidate, 'message')
  return candidate
}
