/**
 * How a process of a role is started, where memory counts: for whoever starts one (pods, `npm start`, tests).
 * None of it can be set from inside a process that runs.
 *
 * Measured on a replica that took 300,000 events (resident MB): 500 without, 360 with the first, 305 with both.
 */

/** Young generations of 4 MB: the default grows to 48 and keeps them, in each thread. */
export const nodeOptions: readonly string[] = ['--max-semi-space-size=4']

/** glibc gives large blocks back when they are freed, instead of keeping them for blocks of that size to come. */
export const mallocEnvironment: Readonly<Record<string, string>> = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '65536',
  MALLOC_TRIM_THRESHOLD_: '65536',
}

/** It ends when this process, which is to start it, is gone (`follow-parent.ts`): tests and benchmarks leave nobody behind. */
export const followParent: readonly string[] = [
  '--import',
  new URL(`follow-parent.ts?parent=${process.pid}`, import.meta.url).href,
]
