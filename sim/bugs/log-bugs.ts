/** Writers and readers of the log that get the order of things wrong. */
import type { LogEntry, LogReader, LogWriter } from '../../dataplane/core/ports.ts'
import type { Bug } from './bug.ts'

export const logBugs = {
  'acknowledged-early': {
    story: 'a request is acknowledged when its records are handed to the writer',
    breaks: 'ING-1',
    seams: () => ({ writer: (writer) => changed(writer, { append: (...args) => early(writer.append(...args)) }) }),
  },
  'read-before-durable': {
    story: 'readers see a record as soon as it was appended, while its fsync still runs',
    breaks: 'ING-1',
    seams: () => ({ writer: readableAtOnce }),
  },
  'trimmed-too-far': {
    story: 'the log is trimmed up to what the manifests have and one record more',
    breaks: 'MAN-1',
    seams: () => ({
      trim: (allowed, { end }) => ({
        ...allowed,
        next: new Map([...allowed.next].map(([p, offset]) => [p, Math.min(offset + 1, end.next.get(p)!)])),
      }),
    }),
  },
  'consumer-counts': {
    story: 'a consumer counts what it was given instead of taking offsets from the log, and is given a record twice',
    breaks: 'QRY-1',
    seams: () => ({ reader: (reader) => changedReader(reader, { read: (...args) => twice(reader.read(...args)) }) }),
  },
} as const satisfies Record<string, Bug>

function early(append: Promise<number>): Promise<number> {
  append.catch(() => undefined)
  return Promise.resolve(0)
}

/** Gives the first of several records again in the place of the second. */
async function twice(reading: Promise<LogEntry[]>): Promise<LogEntry[]> {
  const entries = await reading
  if (entries.length < 2) return entries
  return entries.map((entry, at) => (at === 1 ? { ...entry, bytes: entries[0]!.bytes } : entry))
}

function changedReader(reader: LogReader, changes: Partial<LogReader>): LogReader {
  return {
    partitions: reader.partitions,
    start: (partition) => reader.start(partition),
    end: (partition) => reader.end(partition),
    read: (partition, offset, bytesMax) => reader.read(partition, offset, bytesMax),
    waitPast: (partition, offset, signal) => reader.waitPast(partition, offset, signal),
    ...changes,
  }
}

function changed(writer: LogWriter, changes: Partial<LogWriter>): LogWriter {
  return {
    ...changedReader(writer, {}),
    append: (partition, record) => writer.append(partition, record),
    trim: (partition, offset) => writer.trim(partition, offset),
    close: () => writer.close(),
    ...changes,
  }
}

function readableAtOnce(writer: LogWriter): LogWriter {
  const appending: { readonly partition: number; readonly bytes: Uint8Array }[] = []
  const early = (partition: number) => appending.filter((one) => one.partition === partition)
  const end = async (partition: number) => (await writer.end(partition)) + early(partition).length
  return changed(writer, {
    end,
    append: async (partition, bytes) => {
      const one = { partition, bytes }
      appending.push(one)
      try {
        return await writer.append(partition, bytes)
      } finally {
        appending.splice(appending.indexOf(one), 1)
      }
    },
    read: async (partition, offset, bytesMax) => {
      const durable = await writer.end(partition)
      if (offset < durable) return writer.read(partition, offset, bytesMax)
      const more = early(partition).map(({ bytes }, at) => ({ partition, offset: durable + at, bytes }))
      return more.filter((entry) => entry.offset >= offset)
    },
    waitPast: async (partition, offset, signal) => {
      if ((await end(partition)) <= offset) await writer.waitPast(partition, offset, signal)
    },
  })
}
