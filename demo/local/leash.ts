/**
 * Loaded before a role that `npm start` runs: the process ends when the one that started it is gone, however that one
 * ended. Its standard input is a pipe that nobody writes to; the system closes it with the other end.
 *
 * Threads load it too, and have another standard input: it is not for them.
 */
import type { Socket } from 'node:net'
import { isMainThread } from 'node:worker_threads'

if (isMainThread) {
  const pipe = process.stdin as unknown as Socket
  pipe
    .once('close', () => process.kill(process.pid, 'SIGTERM'))
    .on('error', () => {})
    .resume()
    // A role that has drained must be able to leave.
    .unref()
}
