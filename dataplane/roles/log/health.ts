/**
 * Finds out by itself whether a log can still be appended to: one that nobody calls would not notice that it
 * failed, or that another writer has taken its folder over, and who waits for its next record would wait for ever.
 *
 * Does not: mend anything. A log that failed or was fenced stays so until its process is started again.
 */
import { UnavailableError } from '../../../common/errors/errors.ts'
import type { Clock } from '../../core/ports.ts'

export interface Checked {
  /** Throws `UnavailableError` while nothing can be appended. */
  check(): Promise<void>
}

export interface HealthOptions {
  readonly clock: Clock
  /** ms between two checks. */
  readonly everyMs: number
  /** Told after each check: what is wrong, `undefined` when nothing is. */
  readonly tell: (failure: UnavailableError | undefined) => void
}

/** Resolves when the signal is aborted. Rejects with what is no failure of a log. */
export async function watchHealth(log: Checked, { clock, everyMs, tell }: HealthOptions, signal: AbortSignal) {
  while (!signal.aborted) {
    await clock.sleep(everyMs, signal).catch(() => undefined)
    if (signal.aborted) return
    tell(await failureOf(log))
  }
}

async function failureOf(log: Checked): Promise<UnavailableError | undefined> {
  try {
    await log.check()
    return undefined
  } catch (error) {
    if (error instanceof UnavailableError) return error
    throw error
  }
}
