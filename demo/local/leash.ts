/**
 * Loaded before a role that `npm start` runs: the process ends when the one that started it is gone, however that one
 * ended. Its standard input is a pipe that nobody writes to; the system closes it with the other end.
 */
process.stdin.once('close', () => process.kill(process.pid, 'SIGTERM')).resume()
// A role that has drained must be able to leave.
process.stdin.on('error', () => {})
;(process.stdin as unknown as { unref(): void }).unref()
