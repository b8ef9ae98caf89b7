import { expect, test } from 'vitest'
import type { Clock } from '../../../dataplane/core/ports.ts'
import type { Probe } from '../objects.ts'
import { type ProbeKind, probing } from './probing.ts'

/** Time that passes only by sleeping. */
class SleptClock implements Clock {
  time = 0
  now = () => this.time
  monotonic = () => this.time
  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    this.time += ms
  }
}

/** Verdicts with the second at which they fell, for answers in turn (`+` well, `-` not); the probe ends after the last. */
async function verdicts(kind: ProbeKind, probe: Probe, answers: string): Promise<string> {
  const clock = new SleptClock()
  const end = new AbortController()
  const seen: string[] = []
  let asked = 0
  const running = probing({
    kind,
    probe,
    clock,
    startedAt: 0,
    signal: end.signal,
    ask: async () => {
      const answer = answers[asked++]
      if (answer === undefined) end.abort()
      return answer === '+' ? undefined : 'bad'
    },
    failed: () => undefined,
    judged: (healthy) => seen.push(`${healthy ? 'up' : 'down'}@${clock.time / 1000}`),
  })
  await running.catch(() => undefined)
  return seen.join(' ')
}

test.each([
  ['readiness', {}, '+++', 'up@0'],
  ['readiness', { initialDelaySeconds: 5, periodSeconds: 2 }, '-+', 'up@7'],
  ['readiness', { periodSeconds: 1 }, '+--+---+', 'up@0 up@3 down@6 up@7'],
  ['readiness', { periodSeconds: 1, successThreshold: 2, failureThreshold: 1 }, '+-++', 'down@1 up@3'],
  ['liveness', { periodSeconds: 10 }, '+--+---', 'up@0 up@30 down@60'],
  ['startup', { periodSeconds: 1, failureThreshold: 5 }, '----+', 'up@4'],
  ['startup', { periodSeconds: 1, failureThreshold: 2 }, '--', 'down@1'],
] as const)('probing: %s %j, answers %s -> %s', async (kind, probe, answers, expected) => {
  expect(await verdicts(kind, probe, answers)).toBe(expected)
})
