/**
 * Reads a log folder from nothing: which files belong to the log, how long each is, where every record
 * lies. Changes nothing, so readers and dumps use it too.
 *
 * Upholds ING-1 together with `tail.ts`: what was acknowledged is found, or opening fails with file and
 * position. What is no part of the log is reported, never served.
 */
import { corrupt } from '../../../common/errors/errors.ts'
import { type Disk, DiskError, type DiskFile } from '../../core/ports.ts'
import { type FileHeader, pagesOf, readFileHeader, readMark } from './file-header.ts'
import type { Head } from './head.ts'
import { type FileId, logFileId, logFileName } from './layout.ts'
import { RecordIndex } from './record-index.ts'
import { scanGroups } from './scan.ts'
import { judgeEnd } from './tail.ts'
import { readTrimPoints } from './trim-points.ts'

interface OpenedFile extends FileId {
  readonly path: string
  readonly header: FileHeader
  readonly size: number
}

export interface RecoveredFile extends OpenedFile {
  /** Where its groups end; later bytes are no part of the log. */
  readonly end: number
}

export interface Recovered {
  /** In order. */
  readonly files: readonly RecoveredFile[]
  readonly index: RecordIndex
  /** Number of the next group. */
  readonly nextGroup: number
  /** Bytes of the last file that are a torn group. */
  readonly tornBytes: number
  /** The last file is known to be synced up to here. */
  readonly mark: number | undefined
  readonly trimPoints: readonly number[]
  /** Names of files that were trimmed and whose removal a crash undid. */
  readonly leftovers: readonly string[]
  /** Names of files that a fenced writer made too late: no chain reaches them. */
  readonly late: readonly string[]
}

/** Throws `CorruptError` for damage, `DiskError` when the disk fails. */
export async function recover(disk: Disk, folder: string, head: Head): Promise<Recovered> {
  const names = (await disk.list(folder)).filter((name) => logFileId(name) !== undefined)
  const opened = await openChain(disk, { folder, head, last: names[names.length - 1] })
  // After the files: points are durable before a file goes, so a file that is missing here has its points there.
  const trimPoints = await readTrimPoints(disk, folder, head.partitions)
  if (opened.length === 0) {
    const index = new RecordIndex(new Array(head.partitions).fill(0))
    return { files: [], index, nextGroup: 1, tornBytes: 0, mark: undefined, trimPoints, leftovers: [], late: [] }
  }
  checkStart(opened[0], trimPoints)
  const inChain = new Set(opened.map(logFileName))
  const others = names.filter((name) => !inChain.has(name))
  const first = logFileName(opened[0])
  const leftovers = others.filter((name) => name < first)
  const late = others.filter((name) => name > first)
  const index = new RecordIndex(opened[0].header.starts)
  let nextGroup = opened[0].header.firstGroup
  const files: RecoveredFile[] = []
  for (const [i, file] of opened.slice(0, -1).entries()) {
    checkContinues(file, { nextGroup, index })
    const sealed = { ...file, end: opened[i + 1].header.previous!.bytes }
    nextGroup = await indexSealed(disk, sealed, index)
    files.push(sealed)
  }
  const last = opened[opened.length - 1]
  checkContinues(last, { nextGroup, index })
  const open = await indexLast(disk, last, index)
  files.push({ ...last, size: open.size, end: open.end })
  return { files, index, ...open, trimPoints, leftovers, late }
}

/** The last file and those before it, back to the first that is there; in order. */
async function openChain(
  disk: Disk,
  { folder, head, last }: { folder: string; head: Head; last: string | undefined },
): Promise<OpenedFile[]> {
  const chain: OpenedFile[] = []
  for (let id = last && logFileId(last); id; id = chain[0].header.previous) {
    const file = await openFile(disk, folder, { id, head })
    if (file === undefined) break
    chain.unshift(file)
  }
  return chain
}

/** The file's header, checked; `undefined` when there is no such file. */
async function openFile(
  disk: Disk,
  folder: string,
  { id, head }: { id: FileId; head: Head },
): Promise<OpenedFile | undefined> {
  const path = `${folder}/${logFileName(id)}`
  const { epoch, number } = id
  try {
    return await withFile(disk, path, async (file) => {
      const size = await file.size()
      const header = await readFileHeader(file, path)
      const check = (what: string, got: number, want: number) => {
        if (got !== want) corrupt({ code: 'LOG_CORRUPT', object: path, offset: 0, what, got, want })
      }
      check('epoch of the file', header.writer.epoch, epoch)
      check('number of the file', header.number, number)
      check('partitions', header.starts.length, head.partitions)
      check('generation', header.generation, head.generation)
      const { groups } = pagesOf(head.partitions)
      check('bytes of header and mark', Math.min(size, groups), groups)
      return { epoch, number, path, header, size }
    })
  } catch (error) {
    if (error instanceof DiskError && error.code === 'missing') return undefined
    throw error
  }
}

/** Files before the first one must have been trimmed. */
function checkStart({ path, header }: OpenedFile, trimPoints: readonly number[]): void {
  header.starts.forEach((start, partition) => {
    if (start <= trimPoints[partition]) return
    const what = `first kept offset of partition ${partition}: files before this one are missing`
    corrupt({
      code: 'LOG_CORRUPT',
      object: path,
      offset: 0,
      what,
      got: start,
      want: `at most ${trimPoints[partition]}`,
    })
  })
}

/** A file must begin where the one before it ends. */
function checkContinues({ path, header }: OpenedFile, before: { nextGroup: number; index: RecordIndex }): void {
  const damage = { code: 'LOG_CORRUPT', object: path } as const
  if (header.firstGroup !== before.nextGroup) {
    corrupt({ ...damage, offset: 64, what: 'first group', got: header.firstGroup, want: before.nextGroup })
  }
  header.starts.forEach((got, partition) => {
    const want = before.index.end(partition)
    if (got !== want) corrupt({ ...damage, offset: 72, what: `start of partition ${partition}`, got, want })
  })
}

/** Indexes a sealed file, which must be whole up to its seal, and returns the number of the next group. */
async function indexSealed(
  disk: Disk,
  { path, header, size, end }: RecoveredFile,
  index: RecordIndex,
): Promise<number> {
  if (size < end) {
    corrupt({ code: 'LOG_CORRUPT', object: path, offset: size, what: 'end of a sealed file', got: size, want: end })
  }
  return withFile(disk, path, async (file) => {
    const number = index.addFile(path)
    let nextGroup = header.firstGroup
    const broken = await scanGroups({ file, header, end, records: false }, (group, position) => {
      nextGroup++
      addGroup(index, number, { ...group, position })
    })
    if (broken !== undefined) {
      const { at, what, got, want } = broken
      corrupt({ code: 'LOG_CORRUPT', object: path, offset: at, what: `${what}, in a sealed file`, got, want })
    }
    return nextGroup
  })
}

/**
 * Indexes the last file up to its last whole group. The mark is read before the size: for a reader, a writer may be at
 * work, and a mark of later is no proof that an end of earlier is damaged.
 */
async function indexLast(disk: Disk, { path, header }: OpenedFile, index: RecordIndex) {
  return withFile(disk, path, async (file) => {
    const number = index.addFile(path)
    const mark = await readMark(file, header.starts.length)
    const size = await file.size()
    const target = { file, header, end: size, records: true }
    let nextGroup = header.firstGroup
    const broken = await scanGroups(target, (group, position) => {
      nextGroup++
      addGroup(index, number, { ...group, position })
    })
    const { end, tornBytes } = await judgeEnd(target, { path, broken, nextGroup, mark })
    return { size, end, tornBytes, mark, nextGroup }
  })
}

function addGroup(
  index: RecordIndex,
  file: number,
  group: { position: number; frames: readonly { partition: number; start: number; bytes: number; crc: number }[] },
): void {
  for (const { partition, start, bytes, crc } of group.frames) {
    index.add(partition, { file, position: group.position + start, bytes, crc })
  }
}

async function withFile<Result>(disk: Disk, path: string, run: (file: DiskFile) => Promise<Result>): Promise<Result> {
  const file = await disk.open(path, 'read')
  try {
    return await run(file)
  } finally {
    await file.close()
  }
}
