/**
 * Opening a FileLog: take over as writer, find what is there, seal it, start a file of one's own.
 *
 * The order carries ING-1 (see `epoch.ts` and `tail.ts`): the epoch first; then the files are read;
 * then whole groups whose fsync may have failed are written again and synced, since the page cache can
 * show bytes that no disk has; then the next file is made, which seals the one before at the length
 * that was read. A fenced writer's late group lands beyond that seal and is no part of the log.
 */
import { assert, unavailable } from '../../../common/errors/errors.ts'
import type { Disk, Logger, LogReader, Random } from '../../core/ports.ts'
import { readUpTo } from '../../core/read-exact.ts'
import { ActiveFile } from './active-file.ts'
import { claimEpoch, isAbandoned, verifyEpoch } from './epoch.ts'
import { pagesOf } from './file-header.ts'
import { asUnavailable, FileLog } from './file-log.ts'
import { Handles } from './handles.ts'
import { ensureHead, type Head, readHead } from './head.ts'
import { type Identity, newNonce } from './identity.ts'
import { fileBytesDefault, isTrimName } from './layout.ts'
import { readRecords } from './read.ts'
import { type Recovered, type RecoveredFile, recover } from './recover.ts'
import { writeTrimPoints } from './trim-points.ts'
import { Waiters } from './waiters.ts'

export interface FileLogOptions extends Head {
  readonly folder: string
  /** Length at which a file is closed; at most 1 GiB. */
  readonly fileBytesMax?: number
}

export interface FileLogPorts {
  readonly disk: Disk
  readonly random: Random
  readonly logger: Logger
}

/** What opening found. */
export interface OpenReport {
  readonly epoch: number
  readonly records: number
  /** A group that was being written when the last writer stopped: never acknowledged, left out, its bytes kept. */
  readonly torn:
    | { readonly path: string; readonly offset: number; readonly bytes: number; readonly keptAs: string | undefined }
    | undefined
  /** Sealed files with bytes beyond their seal: torn groups of earlier crashes, late groups of fenced writers. */
  readonly beyondSeal: readonly { readonly path: string; readonly sealedAt: number; readonly bytes: number }[]
}

/** Tries at taking the next file number while a writer that was just replaced still makes files. */
const triesMax = 8

/**
 * Opens the log in `folder` as its one writer; a folder without a log becomes one.
 * Throws `CorruptError` (damage), `UserError` `LOG_MISMATCH`, `UnavailableError` (the disk failed, or another writer took over).
 */
export async function openFileLog(
  ports: FileLogPorts,
  options: FileLogOptions,
): Promise<{ log: FileLog; report: OpenReport }> {
  const { disk, random, logger } = ports
  const { folder, partitions, generation, fileBytesMax = fileBytesDefault } = options
  try {
    assert(fileBytesMax <= 2 ** 30, 'fileBytesMax is above 1 GiB')
    await makeFolders(disk, folder)
    const nonce = newNonce(random)
    await ensureHead(disk, { folder, nonce }, { partitions, generation })
    const identity = await claimEpoch(disk, folder, nonce)
    const { found, active } = await takeOver(disk, options, identity)
    const torn = await keepTornBytes(ports, folder, found)
    await clean(disk, { folder, identity }, found)
    const { index, nextGroup, trimPoints } = found
    const sealed = found.files.map((file, i) => ({
      path: file.path,
      next: (found.files[i + 1]?.header ?? active.header).starts,
    }))
    const beyondSeal = found.files
      .filter((file) => file.size > file.end)
      .map(({ path, size, end }) => ({ path, sealedAt: end, bytes: size - end }))
    const report = { epoch: identity.epoch, records: index.records, torn, beyondSeal }
    logger.info('log opened', { folder, ...report })
    const state = { disk, folder, identity, active, index, nextGroup, fileBytesMax, sealed, trimPoints }
    return { log: new FileLog(state), report }
  } catch (error) {
    throw asUnavailable(error, folder)
  }
}

/** The log in `folder` as it is on disk, for reading only. Takes nothing over, so a writer may be at work; later records are not seen. */
export async function openFileLogReader(disk: Disk, folder: string): Promise<LogReader & { close(): Promise<void> }> {
  const head = await readHead(disk, folder)
  if (head === undefined) unavailable('LOG_UNAVAILABLE', `${folder}: there is no log`)
  const { index } = await recover(disk, folder, head)
  const handles = new Handles(disk)
  const waiters = new Waiters()
  return {
    partitions: head.partitions,
    start: async (partition) => index.start(partition),
    end: async (partition) => index.end(partition),
    read: (partition, offset, bytesMax) => readRecords(index, handles, { folder, partition, offset, bytesMax }),
    waitPast: async (partition, offset, signal) => {
      if (signal.aborted || index.end(partition) <= offset) await waiters.wait(partition, offset, signal)
    },
    close: () => handles.closeAll(),
  }
}

/** Makes the folder and its parents, names durable. */
async function makeFolders(disk: Disk, folder: string): Promise<void> {
  await disk.makeFolder(folder)
  const parts = folder.split('/')
  for (let depth = 0; depth < parts.length; depth++) await disk.syncFolder(parts.slice(0, depth).join('/'))
}

/** Reads the folder and seals its last file by making the next one. */
async function takeOver(
  disk: Disk,
  { folder, partitions, generation }: FileLogOptions,
  identity: Identity,
): Promise<{ found: Recovered; active: ActiveFile }> {
  for (let tries = 0; tries < triesMax; tries++) {
    const found = await recover(disk, folder, { partitions, generation })
    const last = found.files[found.files.length - 1]
    if (last !== undefined) await secure(disk, last, found.mark)
    const active = await ActiveFile.create(disk, folder, {
      generation,
      writer: identity,
      number: (last?.number ?? 0) + 1,
      previousBytes: last?.end ?? 0,
      firstGroup: found.nextGroup,
      starts: found.index.ends(),
    })
    if (active !== undefined) return { found, active }
    // Somebody made that file: a successor, or the writer before us that did not know yet.
    await verifyEpoch(disk, folder, identity)
  }
  return unavailable('LOG_UNAVAILABLE', `${folder}: another process keeps making log files`)
}

/**
 * Writes whole groups beyond the mark again, the same bytes in the same place, and syncs. After a failed fsync the
 * page cache shows them, but no later fsync would write them: a power cut would take back what we are about to serve.
 */
async function secure(disk: Disk, { path, header, end }: RecoveredFile, mark: number | undefined): Promise<void> {
  const from = mark ?? pagesOf(header.starts.length).groups
  const file = await disk.open(path, 'write')
  try {
    if (from < end) await file.write(from, await readUpTo(file, from, end - from))
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Copies torn bytes to a file of their own and says so. The log file itself is only sealed, never cut. */
async function keepTornBytes(
  { disk, logger }: FileLogPorts,
  folder: string,
  found: Recovered,
): Promise<OpenReport['torn']> {
  const last = found.files[found.files.length - 1]
  if (last === undefined || found.tornBytes === 0) return undefined
  const { path, end: offset } = last
  const bytes = found.tornBytes
  const name = `torn-${String(last.number).padStart(16, '0')}-${offset}`
  let keptAs: string | undefined = `${folder}/${name}`
  try {
    await copyBytes(disk, { from: path, offset, bytes }, keptAs)
    await disk.syncFolder(folder)
  } catch (error) {
    // A full disk must not keep the log from opening: the bytes are still in the log file, beyond its seal.
    logger.warn('torn bytes could not be copied; they stay in the log file', { path, offset, bytes, error })
    keptAs = undefined
  }
  logger.warn('the last group was torn by a crash: it was never acknowledged and is left out', {
    path,
    offset,
    bytes,
    keptAs,
  })
  return { path, offset, bytes, keptAs }
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

/** Removes what earlier writers left behind: temporaries, their trim points (taken over first), files trimmed before. */
async function clean(disk: Disk, at: { folder: string; identity: Identity }, found: Recovered): Promise<void> {
  const { folder, identity } = at
  const names = await disk.list(folder)
  const otherTrims = names.filter((name) => isTrimName(name) && name !== `trim-${identity.nonce}`)
  if (otherTrims.length > 0) await writeTrimPoints(disk, at, found.trimPoints)
  const gone = [...otherTrims, ...names.filter((name) => isAbandoned(name, identity))].map(
    (name) => `${folder}/${name}`,
  )
  for (const path of [...found.leftovers, ...gone]) await disk.remove(path)
  if (gone.length + found.leftovers.length > 0) await disk.syncFolder(folder)
}
