/**
 * What an error of one replica says about the others: nothing will help, another may know better, or the
 * same may in a while.
 */
import type { Code } from '../../../common/errors/codes.ts'
import { CorruptError, UnavailableError } from '../../../common/errors/errors.ts'
import { isInternal } from '../../rpc/failure.ts'
import type { Judgement } from './hedged.ts'

export function judge(error: unknown): Judgement {
  // Damage lies in one replica's cache or memory, or in the store: then the others say so too.
  if (error instanceof CorruptError) return 'next'
  if (!(error instanceof UnavailableError)) return 'final'
  if (error.code === 'ROUTING_STALE') return 'final'
  return error.code === 'OFFSET_UNAVAILABLE' || isInternal(error) ? 'next' : 'later'
}

/** The query may succeed with a newer routing map. */
export const isStaleMap = (error: unknown) => isUnavailable(error, 'ROUTING_STALE')

/** The query may succeed at another vector. */
export const isStaleVector = (error: unknown) => isUnavailable(error, 'OFFSET_UNAVAILABLE')

function isUnavailable(error: unknown, code: Code): boolean {
  return error instanceof UnavailableError && error.code === code
}
