/**
 * Reads a log folder from nothing: which files belong to the log, how long each is, where every record
 * lies. Changes nothing, so readers and dumps use it too.
 *
 * Upholds ING-1 together with `tail.ts`: what was acknowledged is found, or opening fails with file and
 * position. Bytes beyond a seal are reported, never served.
 */
import { corrupt } from '../../../common/errors/errors.ts'
import type { Disk, DiskFile } from '../../core/ports.ts'
import { type FileHeader, pagesOf, readFileHeader, readMark } from './file-header.ts'
import type { Head } from './head.ts'
import { logFileName, logFileNumber } from './layout.ts'
import { RecordIndex } from './record-index.ts'
import { scanGroups } from './scan.ts'
import { judgeEnd } from './tail.ts'
import { readTrimPoints } from './trim-points.ts'

export interface RecoveredFile {
  readonly number: number
  readonly path: string
  readonly header: FileHeader
  readonly size: number
  /** Where its groups end; later bytes are no part of the log. */
  readonly end: number
}

export interface Recovered {
  readonly files: readonly RecoveredFile[]
  readonly index: RecordIndex
  /** Number of the next group. */
  readonly nextGroup: number
  /** Bytes of the last file that are a torn group. */
  readonly tornBytes: number
  /** The last file is known to be synced up to here. */
  readonly mark: number | undefined
  readonly trimPoints: readonly number[]
  /** Files that were trimmed and whose removal a crash undid. */
  readonly leftovers: readonly string[]
}

/** Throws `CorruptError` for damage, `DiskError` when the disk fails. */
export async function recover(disk: Disk, folder: string, head: Head): Promise<Recovered> {
  const all = (await disk.list(folder)).map(logFileNumber).filter((number) => number !== undefined)
  const numbers = contiguousEnd(all)
  const leftovers = all.filter((number) => number < numbers[0]).map((number) => `${folder}/${logFileName(number)}`)
  const opened: Omit<RecoveredFile, 'end'>[] = []
  for (const number of numbers) opened.push(await openFile(disk, folder, { number, head }))
  // After the files: points are durable before a file goes, so a file that is missing here has its points there.
  const trimPoints = await readTrimPoints(disk, folder, head.partitions)
  if (opened.length === 0) {
    const index = new RecordIndex(new Array(head.partitions).fill(0))
    return { files: [], index, nextGroup: 1, tornBytes: 0, mark: undefined, trimPoints, leftovers }
  }
  checkStart(opened[0], trimPoints)
  const index = new RecordIndex(opened[0].header.starts)
  let nextGroup = opened[0].header.firstGroup
  const files: RecoveredFile[] = []
  for (const [i, file] of opened.slice(0, -1).entries()) {
    checkContinues(file, { nextGroup, index })
    const sealed = { ...file, end: opened[i + 1].header.previousBytes }
    nextGroup = await indexSealed(disk, sealed, index)
    files.push(sealed)
  }
  const last = opened[opened.length - 1]
  checkContinues(last, { nextGroup, index })
  const open = await indexLast(disk, last, index)
  files.push({ ...last, end: open.end })
  return { files, index, ...open, trimPoints, leftovers }
}

/** The numbers up to the highest without a gap, ascending. */
function contiguousEnd(numbers: readonly number[]): number[] {
  if (numbers.length === 0) return []
  const present = new Set(numbers)
  const last = numbers.reduce((highest, number) => Math.max(highest, number))
  let first = last
  while (present.has(first - 1)) first--
  return Array.from({ length: last - first + 1 }, (_, i) => first + i)
}

async function openFile(disk: Disk, folder: string, wanted: { number: number; head: Head }) {
  const { number, head } = wanted
  const path = `${folder}/${logFileName(number)}`
  const file = await disk.open(path, 'read')
  try {
    const size = await file.size()
    const header = await readFileHeader(file, path)
    const wrong = (what: string, got: number, want: number) =>
      corrupt({ code: 'LOG_CORRUPT', object: path, offset: 0, what, got, want })
    const { groups } = pagesOf(head.partitions)
    if (size < groups) wrong('bytes of the file', size, groups)
    if (header.number !== number) wrong('number of the file', header.number, number)
    if (header.starts.length !== head.partitions) wrong('partitions', header.starts.length, head.partitions)
    if (header.generation !== head.generation) wrong('generation', header.generation, head.generation)
    return { number, path, header, size }
  } finally {
    await file.close()
  }
}

/** Files before the first one must have been trimmed. */
function checkStart({ path, header }: Omit<RecoveredFile, 'end'>, trimPoints: readonly number[]): void {
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
function checkContinues(
  { path, header }: Omit<RecoveredFile, 'end'>,
  before: { nextGroup: number; index: RecordIndex },
): void {
  const object = path
  if (header.firstGroup !== before.nextGroup) {
    const want = before.nextGroup
    corrupt({ code: 'LOG_CORRUPT', object, offset: 56, what: 'first group', got: header.firstGroup, want })
  }
  header.starts.forEach((got, partition) => {
    const want = before.index.end(partition)
    if (got !== want)
      corrupt({ code: 'LOG_CORRUPT', object, offset: 64, what: `start of partition ${partition}`, got, want })
  })
}

/** Indexes a sealed file, which must be whole up to its seal, and returns the number of the next group. */
async function indexSealed(disk: Disk, file: RecoveredFile, index: RecordIndex): Promise<number> {
  const { path, header, size, end } = file
  if (size < end) {
    corrupt({ code: 'LOG_CORRUPT', object: path, offset: size, what: 'end of a sealed file', got: size, want: end })
  }
  return withFile(disk, path, async (handle) => {
    let groups = 0
    const broken = await scanGroups({ file: handle, header, end, records: false }, (group, position) => {
      groups++
      addGroup(index, file.number, { ...group, position })
    })
    if (broken !== undefined) {
      const { at, what, got, want } = broken
      corrupt({ code: 'LOG_CORRUPT', object: path, offset: at, what: `${what}, in a sealed file`, got, want })
    }
    return header.firstGroup + groups
  })
}

/** Indexes the last file up to its last whole group. */
async function indexLast(disk: Disk, file: Omit<RecoveredFile, 'end'>, index: RecordIndex) {
  const { path, header, size } = file
  return withFile(disk, path, async (handle) => {
    const mark = await readMark(handle, header.starts.length)
    const target = { file: handle, header, end: size, records: true }
    let nextGroup = header.firstGroup
    const broken = await scanGroups(target, (group, position) => {
      nextGroup++
      addGroup(index, file.number, { ...group, position })
    })
    const { end, tornBytes } = await judgeEnd(target, { path, broken, nextGroup, mark })
    return { end, tornBytes, mark, nextGroup }
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
