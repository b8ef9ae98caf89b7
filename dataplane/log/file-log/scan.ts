/**
 * Walks the groups of one log file and says how far they are whole.
 *
 * Does not: decide whether a broken end is a torn write or damage (`tail.ts`), or change anything.
 */
import { Buffer } from 'node:buffer'
import { crc32 } from '../../../common/hash/crc32.ts'
import type { DiskFile } from '../../core/ports.ts'
import { readUpTo } from '../../core/read-up-to.ts'
import { type FileHeader, pagesOf } from './file-header.ts'
import { type GroupFault, type GroupHeader, type GroupParse, isGroup, parseGroup, tableEnd } from './group.ts'
import { nonceBytes } from './identity.ts'
import { groupHeaderBytes, groupNonceAt, groupNonceBytes } from './layout.ts'

export interface ScanTarget {
  readonly file: DiskFile
  readonly header: FileHeader
  /** Where the groups must end: the length at which the file is sealed, or its size. */
  readonly end: number
  /** Also check the records' own checksums. */
  readonly records: boolean
}

export interface Broken extends GroupFault {
  /** Position of the first group that is not whole. */
  readonly at: number
}

/** Bytes read ahead: the headers of many small groups in one call. */
const windowBytes = 256 * 1024

/**
 * Calls `visit` with each whole group in order and its position. Returns where and why it stopped, or
 * `undefined` when the groups end exactly at `end`.
 */
export async function scanGroups(
  target: ScanTarget,
  visit: (group: GroupHeader, position: number) => void,
): Promise<Broken | undefined> {
  const { header, end } = target
  const window = new Window(target.file, end)
  const next = [...header.starts]
  let number = header.firstGroup
  let position = pagesOf(header.starts.length).groups
  while (position < end) {
    const group = await readGroup(window, position, { ...target, number, next })
    if (!isGroup(group)) return { at: position, ...group }
    visit(group, position)
    for (const { partition } of group.frames) next[partition]++
    number++
    position += group.groupBytes
  }
  return position === end
    ? undefined
    : { at: position, what: 'end of the file', got: end, want: `at least ${position}` }
}

interface Expected extends ScanTarget {
  readonly number: number
  readonly next: readonly number[]
}

async function readGroup(window: Window, position: number, expected: Expected): Promise<GroupParse> {
  const { header, end, number, next } = expected
  const fixed = await window.bytes(position, groupHeaderBytes)
  const table = tableEnd(fixed, end - position)
  if (typeof table !== 'number') return table
  const bytes = await window.bytes(position, table)
  if (bytes.length < table) return { what: 'group header', got: `${bytes.length} bytes`, want: table }
  const group = parseGroup(bytes, header.writer)
  if (!isGroup(group)) return group
  if (group.number !== number) return { what: 'number of the group', got: group.number, want: number, foreign: true }
  const offsets = [...next]
  for (const { partition, offset } of group.frames) {
    const want = offsets[partition]
    if (want === undefined) return { what: 'partition', got: partition, want: `below ${next.length}`, foreign: true }
    if (offset !== want) return { what: `offset in partition ${partition}`, got: offset, want, foreign: true }
    offsets[partition]++
  }
  return expected.records ? checkRecords(window, position, group) : group
}

async function checkRecords(window: Window, position: number, group: GroupHeader): Promise<GroupParse> {
  for (const { partition, offset, start, bytes, crc } of group.frames) {
    const record = await window.bytes(position + start, bytes)
    if (record.length < bytes) return { what: 'record', got: `${record.length} bytes`, want: bytes }
    const got = crc32(record)
    if (got !== crc) return { what: `crc32 of partition ${partition} offset ${offset}`, got, want: crc }
  }
  return group
}

/**
 * Position of a whole group header with a later number after `from`, or `undefined`. Looks for the writer's nonce, which no
 * record can hold: records come from outside, and one full of what looks like long groups would take for ever.
 */
export async function findLaterGroup(target: ScanTarget, from: number, number: number): Promise<number | undefined> {
  const { file, header, end } = target
  const bytes = Buffer.from((await readUpTo(file, from, end - from)).slice())
  const nonce = nonceBytes(header.writer).subarray(0, groupNonceBytes)
  for (let found = bytes.indexOf(nonce, groupNonceAt + 1); found !== -1; found = bytes.indexOf(nonce, found + 1)) {
    const at = found - groupNonceAt
    const table = tableEnd(bytes.subarray(at), Number.MAX_SAFE_INTEGER)
    if (typeof table !== 'number' || at + table > bytes.length) continue
    const group = parseGroup(bytes.subarray(at, at + table), header.writer)
    if (isGroup(group) && group.number > number) return from + at
  }
  return undefined
}

/** Reads a file forward in large pieces and serves small ones from them. */
class Window {
  readonly #file: DiskFile
  readonly #end: number
  #start = 0
  #bytes = new Uint8Array(0)

  constructor(file: DiskFile, end: number) {
    this.#file = file
    this.#end = end
  }

  /** Bytes `[position, position + length)`, fewer at the end. */
  async bytes(position: number, length: number): Promise<Uint8Array> {
    const wanted = Math.min(length, this.#end - position)
    if (position < this.#start || position + wanted > this.#start + this.#bytes.length) {
      const ahead = Math.min(Math.max(wanted, windowBytes), this.#end - position)
      this.#bytes = (await readUpTo(this.#file, position, ahead)) as Uint8Array<ArrayBuffer>
      this.#start = position
    }
    return this.#bytes.subarray(position - this.#start, position - this.#start + wanted)
  }
}
