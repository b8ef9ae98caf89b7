/**
 * Replies of `/import` to a JSON body, in the shapes of the reference system.
 */

import { type HttpReply, jsonReply } from '../../http/reply.ts'

export interface FailedRecord {
  /** Place of the event in the body, from 0; empty lines do not count. */
  readonly index: number
  /** As sent, empty where it is no string. The reference's guide calls it `$insert_id`, its schema `insert_id`: both are sent. */
  readonly insert_id: string
  readonly $insert_id: string
  readonly field: string
  readonly message: string
  /** Ours: stable, see the pages on events and on ingest over HTTP. */
  readonly code: string
}

/** Of a `Refusal`, or of an event that was refused before it was validated. */
export type Reason = Pick<FailedRecord, 'field' | 'code' | 'message'>

/** Longer ids are refused anyway; a reply must not grow with what is wrong with the request. */
const insertIdShownMax = 64

export function failedRecord(index: number, raw: unknown, reason: Reason): FailedRecord {
  const id = insertIdOf(raw)
  const { field, message, code } = reason
  return { index, insert_id: id, $insert_id: id, field, message, code }
}

/** With `strict` an event that failed makes it 400; without, 200, and the records that failed are listed all the same. */
export function importReply(options: {
  readonly strict: boolean
  readonly imported: number
  readonly failed: readonly FailedRecord[]
}): HttpReply {
  const { strict, imported, failed } = options
  const counts = { num_records_imported: imported }
  if (failed.length === 0) return jsonReply(200, { code: 200, ...counts, status: 'OK' })
  if (!strict) return jsonReply(200, { code: 200, ...counts, failed_records: failed, status: 'OK' })
  return jsonReply(400, {
    code: 400,
    error: 'some data points in the request failed validation',
    failed_records: failed,
    ...counts,
    status: 'Bad Request',
  })
}

function insertIdOf(raw: unknown): string {
  const properties = (raw as { properties?: unknown } | null)?.properties
  const id = (properties as { $insert_id?: unknown } | null | undefined)?.$insert_id
  return typeof id === 'string' ? id.slice(0, insertIdShownMax) : ''
}
