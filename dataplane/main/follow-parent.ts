/**
 * Loaded into a process by `--import`: when the process that started it is gone, whatever ended it, this one ends
 * too, as if it were asked to (SIGTERM), and for certain some seconds later. So nobody who kills a launcher or a test
 * run leaves its children behind.
 *
 * Windows never tells that a parent is gone; there nothing happens.
 */
import { isMainThread } from 'node:worker_threads'

const lookMs = 500
const graceMs = 5_000

if (isMainThread) {
  // Named by who started it: it may be gone before this runs, and another be the parent by then.
  const parent = Number(new URL(import.meta.url).searchParams.get('parent') ?? process.ppid)
  const look = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(look)
    process.kill(process.pid, 'SIGTERM')
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), graceMs).unref()
  }, lookMs)
  look.unref()
}
