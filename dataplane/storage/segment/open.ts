/**
 * Segment to columns: `openSegment`. Reads the footer, then only what is asked for.
 *
 * Every byte that is used was checked by its crc; what a checksum cannot exclude (counts, ordinals,
 * lengths that contradict each other) is checked where it is read. Throws `CorruptError`
 * (`SEGMENT_CORRUPT`) with object, offset, got and want.
 */
import { bug } from '../../../common/errors/errors.ts'
import type { ByteSource, Segment, SliceEntry, UserTable } from './contract.ts'
import type { Digest } from './digest.ts'
import { type Footer, parseFooter } from './footer.ts'
import { readFooter } from './layout.ts'
import { type OpenSlice, openSlice } from './slice.ts'
import { readUserTable } from './user-table.ts'

export async function openSegment(source: ByteSource): Promise<OpenSegment> {
  const { footer, start } = await readFooter(source)
  return new OpenSegment(source, parseFooter(source, footer, start))
}

export class OpenSegment implements Segment {
  readonly source: ByteSource
  readonly slices: readonly SliceEntry[]
  readonly digest: Digest
  /** For `inspect`: the names and what the footer says of projects and slices. */
  readonly footer: Footer
  readonly #users = new Map<string, Promise<UserTable>>()

  constructor(source: ByteSource, footer: Footer) {
    this.source = source
    this.footer = footer
    this.digest = footer.digest
    this.slices = footer.slices.map((slice) => slice.entry)
  }

  /** Read once and kept as long as the segment. */
  users(project: string): Promise<UserTable> {
    let table = this.#users.get(project)
    if (table === undefined) {
      const known = this.footer.projects.get(project) ?? bug(`${this.source.name} has no project ${project}`)
      table = readUserTable(this.source, known.table, known.users)
      // A failed read is not kept: the store may answer next time.
      table.catch(() => this.#users.delete(project))
      this.#users.set(project, table)
    }
    return table
  }

  async slice(entry: SliceEntry): Promise<OpenSlice> {
    const { headLength } = this.footer.slices[entry.index]
    const users = this.footer.projects.get(entry.project)?.users ?? 0
    return openSlice(this.source, entry, {
      headLength,
      projectUsers: users,
      eventNames: this.footer.eventNames,
      propertyNames: this.footer.propertyNames,
    })
  }
}
