/** What a writer does with the end that it found: make it durable, keep aside what is no part of the log. */
import type { Disk, Logger } from '../../core/ports.ts'
import { readUpTo } from '../../core/read-up-to.ts'
import { pagesOf } from './file-header.ts'
import { logFileName } from './layout.ts'
import type { Recovered } from './recover.ts'

export interface TornGroup {
  readonly path: string
  /** Where it begins in the file. */
  readonly offset: number
  readonly bytes: number
  /** Path of the copy; `undefined` when there was no room for it. */
  readonly keptAs: string | undefined
}

/**
 * Writes whole groups beyond the mark again, the same bytes in the same place, and syncs. After a failed fsync the
 * page cache shows them, but no later fsync would write them: a power cut would take back what we are about to serve.
 */
export async function secureLast(disk: Disk, { files, mark }: Recovered): Promise<void> {
  const last = files[files.length - 1]
  if (last === undefined) return
  const { path, header, end } = last
  const from = mark ?? pagesOf(header.starts.length).groups
  const file = await disk.open(path, 'write')
  try {
    if (from < end) await file.write(from, await readUpTo(file, from, end - from))
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Copies a torn group to a file of its own and says so. The log file itself is only sealed, never cut. */
export async function keepTornBytes(
  { disk, logger }: { disk: Disk; logger: Logger },
  folder: string,
  { files, tornBytes: bytes }: Recovered,
): Promise<TornGroup | undefined> {
  const last = files[files.length - 1]
  if (last === undefined || bytes === 0) return undefined
  const { path, end: offset } = last
  let keptAs: string | undefined = `${folder}/torn-${logFileName(last)}-${offset}`
  try {
    await copyBytes(disk, { from: path, offset, bytes }, keptAs)
    await disk.syncFolder(folder)
  } catch (error) {
    // A full disk must not keep the log from opening: the bytes are still in the log file, beyond its seal.
    logger.warn('torn bytes could not be copied; they stay in the log file', { path, offset, bytes, error })
    keptAs = undefined
  }
  const torn = { path, offset, bytes, keptAs }
  logger.warn('the last group was torn by a crash: it was never acknowledged and is left out', torn)
  return torn
}

async function copyBytes(
  disk: Disk,
  source: { from: string; offset: number; bytes: number },
  to: string,
): Promise<void> {
  const from = await disk.open(source.from, 'read')
  try {
    const target = await disk.open(to, 'write')
    try {
      await target.write(0, await readUpTo(from, source.offset, source.bytes))
      await target.sync()
    } finally {
      await target.close()
    }
  } finally {
    await from.close()
  }
}

/** Renames files that fenced writers made too late, so that no later chain meets them, and says so. Returns their new paths. */
export async function setAside(
  { disk, logger }: { disk: Disk; logger: Logger },
  folder: string,
  { late }: Recovered,
): Promise<string[]> {
  const paths: string[] = []
  for (const name of late) {
    const path = `${folder}/late-${name}`
    await disk.rename(`${folder}/${name}`, path)
    logger.warn('a file of a fenced writer is no part of the log and is set aside', { path })
    paths.push(path)
  }
  if (late.length > 0) await disk.syncFolder(folder)
  return paths
}
