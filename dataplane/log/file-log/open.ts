/**
 * Opening a FileLog: take over as writer, find what is there, start a file of one's own.
 *
 * The order carries ING-1 (see `epoch.ts` and `tail.ts`): the epoch first; then the files are read;
 * then whole groups whose fsync may have failed are written again and synced, since the page cache can
 * show bytes that no disk has; then a file is made, which seals the last one at the length that was read.
 */
import { assert, unavailable } from '../../../common/errors/errors.ts'
import type { Disk, Logger, LogReader, Random } from '../../core/ports.ts'
import { randomHex } from '../../core/random-hex.ts'
import { ActiveFile } from './active-file.ts'
import { asUnavailable } from './as-unavailable.ts'
import { claimEpoch } from './epoch.ts'
import { FileLog } from './file-log.ts'
import { Handles } from './handles.ts'
import { ensureHead, type Head, readHead } from './head.ts'
import type { Identity } from './identity.ts'
import { epochName, epochOf, fileBytesDefault, temporaryEpoch } from './layout.ts'
import { keepTornBytes, secureLast, setAside, type TornGroup } from './open-end.ts'
import { readRecords } from './read.ts'
import { type Recovered, recover } from './recover.ts'
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
  readonly torn: TornGroup | undefined
  /** Files with bytes beyond their seal: torn groups of earlier crashes, late groups of fenced writers. */
  readonly beyondSeal: readonly { readonly path: string; readonly sealedAt: number; readonly bytes: number }[]
  /** Files that fenced writers made too late, now under these paths. */
  readonly late: readonly string[]
}

/**
 * Opens the log in `folder` as its one writer; a folder without a log becomes one.
 * Throws `CorruptError` (damage), `UserError` `LOG_MISMATCH`, `UnavailableError` (the disk failed, or other writers keep taking over).
 */
export async function openFileLog(
  ports: FileLogPorts,
  options: FileLogOptions,
): Promise<{ log: FileLog; report: OpenReport }> {
  const { disk, random, logger } = ports
  const { folder, partitions, generation, fileBytesMax = fileBytesDefault } = options
  assert(fileBytesMax <= 2 ** 30, 'fileBytesMax is above 1 GiB')
  try {
    await makeFolders(disk, folder)
    const nonce = randomHex(random, 16)
    await ensureHead(disk, { folder, nonce }, { partitions, generation })
    const identity = await claimEpoch(disk, folder, nonce)
    const found = await recover(disk, folder, { partitions, generation })
    await secureLast(disk, found)
    const active = await start(disk, { folder, generation, identity }, found)
    const torn = await keepTornBytes(ports, folder, found)
    const late = await setAside(ports, folder, found)
    await clean(disk, { folder, identity }, found)
    const { index, nextGroup, trimPoints } = found
    const sealed = found.files.map(({ path }, i) => ({
      path,
      next: (found.files[i + 1]?.header ?? active.header).starts,
    }))
    const report = { epoch: identity.epoch, records: index.records, torn, beyondSeal: beyondSeals(found), late }
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

/** Makes the writer's first file, which seals the last one that was found. */
function start(
  disk: Disk,
  at: { folder: string; generation: number; identity: Identity },
  { files, index, nextGroup }: Recovered,
): Promise<ActiveFile> {
  const last = files[files.length - 1]
  return ActiveFile.create(disk, at.folder, {
    generation: at.generation,
    writer: at.identity,
    number: 1,
    previous: last && { epoch: last.epoch, number: last.number, bytes: last.end },
    firstGroup: nextGroup,
    starts: index.ends(),
  })
}

function beyondSeals({ files }: Recovered): OpenReport['beyondSeal'] {
  return files
    .filter((file) => file.size > file.end)
    .map(({ path, size, end }) => ({ path, sealedAt: end, bytes: size - end }))
}

/** Removes what earlier writers left behind: epochs, temporaries, trim points (taken over first), files trimmed before. */
async function clean(disk: Disk, at: { folder: string; identity: Identity }, found: Recovered): Promise<void> {
  const { folder, identity } = at
  const names = await disk.list(folder)
  const before = (epoch: number | undefined) => epoch !== undefined && epoch < identity.epoch
  const trims = names.filter((name) => before(epochOf('trim', name)))
  if (trims.length > 0) await writeTrimPoints(disk, at, found.trimPoints)
  const temporaries = names.filter((name) => before(temporaryEpoch(name)))
  // In ascending order, see `epoch.ts`; the one before ours stays, so that the usual fenced writer finds its successor.
  const epochs = names.filter((name) => before(epochOf('epoch', name)) && name !== epochName(identity.epoch - 1))
  const gone = [...found.leftovers, ...trims, ...temporaries, ...epochs]
  for (const name of gone) await disk.remove(`${folder}/${name}`)
  if (gone.length > 0) await disk.syncFolder(folder)
}
