/** Errors of the native API: `{ "error": { code, message, field?, retryable } }`. */
import { UnavailableError, UserError } from '../../../common/errors/errors.ts'
import { httpFailure } from '../../http/failure.ts'
import { type HttpReply, jsonReply } from '../../http/reply.ts'

export function errorReply(error: unknown): HttpReply {
  const { status, message, headers } = httpFailure(error)
  const known = error instanceof UserError || error instanceof UnavailableError
  const field = error instanceof UserError ? error.field : undefined
  const body = {
    code: known ? error.code : 'INTERNAL',
    message: known ? error.message : message,
    ...(field && { field }),
    retryable: known && error.retryable,
  }
  return jsonReply(status, { error: body }, headers)
}
