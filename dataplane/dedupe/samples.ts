/** Columns of identity for tests, from rows as people write them. */
import { escapeForm, packInsertId } from '../schema/insert-id.ts'
import type { PlacedColumns } from './segment-copies.ts'

export interface IdentityRow {
  readonly user: string
  readonly event: string
  readonly id: string
}

export function columnsOf(rows: readonly IdentityRow[], hashOf: (user: string) => number = () => 0): PlacedColumns {
  const eventNames = [...new Set(rows.map(({ event }) => event))]
  const userIds = [...new Set(rows.map(({ user }) => user))]
  const bytes = new Uint8Array(16 * rows.length)
  const form = Uint8Array.from(rows, ({ id }, row) => packInsertId(id, bytes, 16 * row))
  return {
    eventNames,
    event: Uint32Array.from(rows, ({ event }) => eventNames.indexOf(event)),
    userIds,
    userHashes: Uint32Array.from(userIds, hashOf),
    user: Uint32Array.from(rows, ({ user }) => userIds.indexOf(user)),
    insertIds: {
      bytes,
      form,
      escapes: new Map(rows.flatMap(({ id }, row) => (form[row] === escapeForm ? [[row, id]] : []))),
    },
  }
}
