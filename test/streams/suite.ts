/**
 * What is tested of each stream: all of it is imported; its five queries have answers, the oracle's (QRY-1); and each
 * query notices when one event that it counts is altered, so that none is right by saying nothing.
 *
 * Forty queries over eight streams, ten of each type. Two test files share the streams, so that two cores do.
 */
import { describe, expect, test } from 'vitest'
import type { Disk } from '../../dataplane/core/ports.ts'
import { answerLinear, markDuplicatesLinear } from '../../oracle/answer.ts'
import type { ExportLine, FunnelResult, Result, RetentionResult, SegmentationResult } from '../../oracle/query.ts'
import { ask } from '../support/ask.ts'
import { alterOne } from './alter.ts'
import { importStream } from './import.ts'
import { profileOf } from './profile.ts'
import { questionsOf } from './questions.ts'
import { readBodies } from './stream.ts'

/** In the order that decides which stream gets which questions. */
export const streamNames = ['cert-manager', 'cloudnative-pg', 'fastify', 'strimzi', 'trpc', 'undici', 'vitest', 'zod']

export interface StreamPorts {
  /** The compressed file, or `undefined` when there are no streams here. */
  readonly read: ((name: string) => Uint8Array) | undefined
  /** An empty disk, and how to be rid of it. */
  readonly disk: () => { disk: Disk; remove: () => void }
}

const timeoutMs = 300_000

export function streamSuite(names: readonly string[], { read, disk: makeDisk }: StreamPorts): void {
  const reason = read === undefined ? ' (skipped: ANABRANCH_DATA is not set)' : ''
  describe.skipIf(read === undefined)('streams', () => {
    test.each(names)(
      `streams: %s${reason} -> five answers, all the oracle's, each sensitive (QRY-1)`,
      async (name) => {
        const bodies = readBodies(read!(name))
        const { disk, remove } = makeDisk()
        const { view, logged, refused, close } = await importStream(bodies, name, disk)
        try {
          expect(refused).toEqual([])
          const stored = markDuplicatesLinear(logged)
          expect(stored.filter((event) => !event.duplicate).length).toBe(bodies.length)
          for (const query of questionsOf(profileOf(name, stored), streamNames.indexOf(name))) {
            const result = await ask([view], query)
            expect({ query, isEmpty: isEmpty(result) }).toEqual({ query, isEmpty: false })
            expect({ query, result }).toEqual({ query, result: answerLinear(stored, query) })
            const { index, altered } = alterOne(stored, query)
            expect({ query, result }).not.toEqual({ query, result: answerLinear(stored.with(index, altered), query) })
          }
        } finally {
          await close()
          remove()
        }
      },
      timeoutMs,
    )
  })
}

function isEmpty(result: Result): boolean {
  if (Array.isArray(result)) return (result as ExportLine[]).length === 0
  if ('steps' in result) return (result as FunnelResult).steps.some(({ users }, i) => i < 2 && users === 0)
  if ('cohorts' in result) return (result as RetentionResult).overall.retained.every((users) => users === 0)
  return (result as SegmentationResult).overall.events === 0
}
