/** Errors of the disk as the log's callers know them. */
import { UnavailableError } from '../../../common/errors/errors.ts'
import { DiskError } from '../../core/ports.ts'

/** `DiskError` becomes `UnavailableError` `LOG_UNAVAILABLE` about `what`; any other error is what it is. */
export function asUnavailable(error: unknown, what: string): unknown {
  if (!(error instanceof DiskError)) return error
  return new UnavailableError('LOG_UNAVAILABLE', `${what}: ${error.message}`, error)
}
