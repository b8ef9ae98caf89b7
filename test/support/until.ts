/** Waiting for a condition in tests with real sockets and processes: asked again every few milliseconds, until the test's own time is over. */
import { realClock } from '../../dataplane/runtime/clock.ts'

/** Resolves when `holds` says so; rejects with `what` after `withinMs`. */
export async function settled(holds: () => boolean | Promise<boolean>, withinMs = 10_000): Promise<void> {
  const end = realClock.monotonic() + withinMs
  while (!(await holds())) {
    if (realClock.monotonic() > end) throw new Error(`within ${withinMs} ms it did not come to be that ${holds}`)
    await realClock.sleep(2)
  }
}
