/** Reads the log of a run from its file: the last lines, then what is added, until the run has ended. */
import { type FileHandle, open } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

const chunkBytes = 65_536
const pollMs = 150
const newLine = 10

export interface LogOptions {
  readonly tailLines?: number | undefined
  readonly limitBytes?: number | undefined
  readonly follow: boolean
}

/** Yields nothing for a file that is not there. A log that was rotated meanwhile goes on from its new beginning. */
export async function* streamLog(
  log: { readonly path: string; readonly isOpen: () => boolean },
  options: LogOptions,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const file = await open(log.path, 'r').catch(() => undefined)
  if (file === undefined) return
  try {
    let left = options.limitBytes ?? Number.POSITIVE_INFINITY
    let at = await beginning(file, options.tailLines)
    while (!signal.aborted && left > 0) {
      // Asked before reading: what was written before the run ended is then read too.
      const isOpen = log.isOpen()
      const { size } = await file.stat()
      if (size < at) at = 0
      const { bytesRead, buffer } = await file.read(Buffer.alloc(Math.min(chunkBytes, left)), 0, null, at)
      at += bytesRead
      left -= bytesRead
      if (bytesRead > 0) yield buffer.subarray(0, bytesRead)
      else if (options.follow && isOpen) await sleep(pollMs, undefined, { signal }).catch(() => undefined)
      else return
    }
  } finally {
    await file.close()
  }
}

/** Offset of the first of the last lines. */
async function beginning(file: FileHandle, tailLines: number | undefined): Promise<number> {
  if (tailLines === undefined) return 0
  const { size } = await file.stat()
  if (tailLines === 0) return size
  const buffer = Buffer.alloc(chunkBytes)
  let lines = 0
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - chunkBytes)
    const { bytesRead } = await file.read(buffer, 0, end - start, start)
    for (let index = bytesRead - 1; index >= 0; index--) {
      // The line break at the very end closes the last line and begins none.
      if (buffer[index] !== newLine || start + index === size - 1) continue
      if (++lines >= tailLines) return start + index + 1
    }
    end = start
  }
  return 0
}
