/** All rows that a view shows, read without the query engine: what hides and clips must be right by itself. */
import type { ShardView, SourceView } from '../../dataplane/query/view.ts'
import type { SliceEntry, SliceRows } from '../../dataplane/storage/segment/contract.ts'
import { readSlices } from '../../dataplane/storage/segment/rows.ts'
import { rowTexts } from './rows.ts'

/** As `rowTexts`. Throws what reading the segments throws. */
export async function viewRows(views: readonly ShardView[]): Promise<string[]> {
  const texts: string[] = []
  for (const { sources } of views) for (const source of sources) texts.push(...(await sourceRows(source)))
  return texts
}

async function sourceRows(source: SourceView): Promise<string[]> {
  const texts: string[] = []
  for (const entry of source.segment.slices) {
    const [rows] = await readSlices(source.segment, (other) => other === entry)
    const isShown = await shownRows(source, entry, rows!)
    texts.push(...rowTexts(rows!).filter((_, row) => isShown[row]))
  }
  return texts
}

async function shownRows(source: SourceView, entry: SliceEntry, rows: SliceRows): Promise<boolean[]> {
  const ranges = source.clip?.(entry.project)
  const isShown = Array.from(rows.user, (user) => {
    const h = rows.userHashes[user]!
    return ranges === undefined || ranges.some(({ start, end }) => h >= start && h < end)
  })
  let first = 0
  for (const stripe of (await source.segment.slice(entry)).stripes) {
    const hidden = source.hidden?.(entry, stripe)
    for (let row = 0; row < stripe.rows; row++) {
      if (hidden !== undefined && (hidden[row >>> 5]! >>> (row & 31)) & 1) isShown[first + row] = false
    }
    first += stripe.rows
  }
  return isShown
}
