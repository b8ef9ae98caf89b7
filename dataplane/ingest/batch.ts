/**
 * Rows of one partition that will be one record, and the requests that they came with.
 */
import type { RecordRow, TapeRow } from '../log/record/contract.ts'
import type { PendingRequest } from './request.ts'

/** Index and position of a row make one exact number: 18 bits below 32. */
const indexes = 2 ** 18

export class Batch {
  readonly rows: (RecordRow | TapeRow)[] = []
  readonly requests: PendingRequest[] = []
  /** Bodies of its requests, whole: a bound of its rows' size that needs no measuring. */
  bodyBytes = 0

  add(row: RecordRow | TapeRow, request: PendingRequest): void {
    this.rows.push(row)
    if (this.requests[this.requests.length - 1] === request) return
    this.requests.push(request)
    this.bodyBytes += request.bytes
    request.joined()
  }

  /** Rows by position; those of one position, a user's among them, stay in the order in which they were accepted. */
  sorted(): (RecordRow | TapeRow)[] {
    const { rows } = this
    const keys = new Float64Array(rows.length)
    for (let i = 0; i < keys.length; i++) keys[i] = rows[i].position * indexes + i
    // Numbers sort more than twice as fast as rows with a comparison function.
    keys.sort()
    return Array.from(keys, (key) => rows[key % indexes])
  }
}
