/**
 * The probes of one container: asked in turn, judged by thresholds.
 *
 * Startup first; readiness and liveness once it has succeeded. A verdict is given when it changes, as the kubelet does: `successThreshold` or
 * `failureThreshold` answers in a row. Does not: act on a verdict.
 */
import type { Clock } from '../../../dataplane/core/ports.ts'
import type { Probe } from '../objects.ts'

export type ProbeKind = 'startup' | 'readiness' | 'liveness'

export interface ProbingOptions {
  readonly kind: ProbeKind
  readonly probe: Probe
  readonly clock: Clock
  readonly startedAt: number
  readonly signal: AbortSignal
  /** What is wrong, or `undefined`. */
  readonly ask: (probe: Probe, timeoutMs: number) => Promise<string | undefined>
  /** Each failure, also below the threshold. */
  readonly failed: (message: string) => void
  readonly judged: (healthy: boolean) => void
}

/** Resolves when the startup probe has succeeded; other kinds go on until `signal` aborts. */
export async function probing(options: ProbingOptions): Promise<void> {
  const { kind, probe, clock, signal, startedAt } = options
  const { initialDelaySeconds = 0, periodSeconds = 10, timeoutSeconds = 1 } = probe
  const { successThreshold = 1, failureThreshold = 3 } = probe
  await clock.sleep(Math.max(0, startedAt + initialDelaySeconds * 1000 - clock.now()), signal)
  let inRow = 0
  let last: boolean | undefined
  for (;;) {
    const problem = await options.ask(probe, timeoutSeconds * 1000)
    if (signal.aborted) return
    const healthy = problem === undefined
    inRow = healthy === last ? inRow + 1 : 1
    last = healthy
    if (!healthy) options.failed(problem)
    if (inRow === (healthy ? successThreshold : failureThreshold)) {
      options.judged(healthy)
      if (kind === 'startup' && healthy) return
    }
    await clock.sleep(periodSeconds * 1000, signal)
  }
}
