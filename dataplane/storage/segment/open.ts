/**
 * Segment to columns: `openSegment`. Reads the footer, then only what is asked for.
 *
 * Every byte that is used was checked by its crc; what a checksum cannot exclude (counts, ordinals,
 * lengths that contradict each other) is checked where it is read. Throws `CorruptError`
 * (`SEGMENT_CORRUPT`) with object, offset, got and want.
 */
import { bug } from '../../../common/errors/errors.ts'
import type { ByteSource, ReadMeter, Segment, SliceEntry, SliceReading, UserTable } from './contract.ts'
import type { Digest } from './digest.ts'
import { type Footer, parseFooter } from './footer.ts'
import { readFooter } from './layout.ts'
import { ProjectTables } from './project-tables.ts'
import { type OpenSlice, openSlice } from './slice.ts'

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
  readonly #tables = new Map<string, Promise<ProjectTables>>()

  constructor(source: ByteSource, footer: Footer) {
    this.source = source
    this.footer = footer
    this.digest = footer.digest
    this.slices = footer.slices.map((slice) => slice.entry)
  }

  async users(project: string, meter?: ReadMeter): Promise<UserTable> {
    return (await this.tables(project, meter)).users(meter)
  }

  async slice(entry: SliceEntry, { meter, source, usersLater = false }: SliceReading = {}): Promise<OpenSlice> {
    const { headLength } = this.footer.slices[entry.index]
    const project =
      this.footer.projects.get(entry.project) ?? bug(`${this.source.name} has no project ${entry.project}`)
    return openSlice(source ?? this.source, entry, {
      headLength,
      projectUsers: project.users,
      eventNames: this.footer.eventNames,
      propertyNames: this.footer.propertyNames,
      tables: (tableMeter) => this.tables(entry.project, tableMeter),
      digest: this.footer.slices[entry.index].digest,
      ...(meter !== undefined && { meter }),
      usersLater,
    })
  }

  /** The head of a project's tables, read once and kept as long as the segment. */
  tables(project: string, meter?: ReadMeter): Promise<ProjectTables> {
    let tables = this.#tables.get(project)
    if (tables === undefined) {
      const known = this.footer.projects.get(project) ?? bug(`${this.source.name} has no project ${project}`)
      const { users, table } = known
      tables = ProjectTables.open(this.source, table, { users, propertyNames: this.footer.propertyNames, meter })
      // A failed read is not kept: the store may answer next time.
      tables.catch(() => this.#tables.delete(project))
      this.#tables.set(project, tables)
    }
    return tables
  }
}
