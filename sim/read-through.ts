/** A reader of the log whose records pass through a function on their way to who asked. */
import type { LogEntry, LogReader } from '../dataplane/core/ports.ts'

/** `pass`: once for each record that is read, in the order of reading. */
export function readThrough(reader: LogReader, pass: (entry: LogEntry) => LogEntry): LogReader {
  return {
    partitions: reader.partitions,
    start: (partition) => reader.start(partition),
    end: (partition) => reader.end(partition),
    waitPast: (partition, offset, signal) => reader.waitPast(partition, offset, signal),
    read: async (partition, offset, bytesMax) => (await reader.read(partition, offset, bytesMax)).map(pass),
  }
}
