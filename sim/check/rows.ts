/** Rows of a slice as text, event by event, so that two sets of rows compare without the digests that they are to prove. */
import { dayMs } from '../../dataplane/schema/event.ts'
import type { Value } from '../../dataplane/schema/value.ts'
import { firstDictionaryCode, numberCode, type SliceRows } from '../../dataplane/storage/segment/contract.ts'
import { insertIdText } from '../../dataplane/storage/segment/insert-id-text.ts'
import { contentOf } from './ledger.ts'

/** A row and whether it is masked. Equal rows have equal texts. */
export const rowText = (content: string, masked: boolean) => `${masked ? maskedPrefix : ''}${content}`

export const isMasked = (text: string) => text.startsWith(maskedPrefix)

const maskedPrefix = 'masked '

/** Throws when a row lies in the slice of another day. */
export function rowTexts(slice: SliceRows): string[] {
  const properties: Record<string, Value>[] = Array.from({ length: slice.rows }, () => ({}))
  for (const { name, dictionary, rows, codes, numbers } of slice.properties) {
    for (let entry = 0; entry < codes.length; entry++) {
      const code = codes[entry]!
      const row = rows === undefined ? entry : rows[entry]!
      properties[row]![name] = code === numberCode ? numbers![entry]! : dictionary[code - firstDictionaryCode]!
    }
  }
  return properties.map((cells, row) => {
    const time = slice.time[row]!
    if (Math.floor(time / dayMs) !== slice.day) return `row of time ${time} in the slice of day ${slice.day}`
    const content = contentOf({
      project: slice.project,
      event: slice.eventNames[slice.event[row]!]!,
      distinctId: slice.userIds[slice.user[row]!]!,
      time,
      insertId: insertIdText(slice.insertIds, row),
      properties: cells,
    })
    return rowText(content, ((slice.masked[row >>> 5]! >>> (row & 31)) & 1) === 1)
  })
}

/** What one list has and the other lacks, counting repetitions; `undefined` when they are equal as multisets. */
export function difference(got: readonly string[], want: readonly string[]): string | undefined {
  const counts = new Map<string, number>()
  for (const text of want) counts.set(text, (counts.get(text) ?? 0) + 1)
  for (const text of got) counts.set(text, (counts.get(text) ?? 0) - 1)
  const missing = [...counts].filter(([, count]) => count > 0).map(([text]) => text)
  const extra = [...counts].filter(([, count]) => count < 0).map(([text]) => text)
  if (missing.length + extra.length === 0) return undefined
  return `${missing.length} missing (${missing[0] ?? '-'}), ${extra.length} too many (${extra[0] ?? '-'})`
}
