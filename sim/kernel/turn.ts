/**
 * One macrotask: when it resolves, every microtask has run, so each simulated process has come to its next port call.
 *
 * The only place where the simulator touches the real event loop. It waits for no time.
 */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
