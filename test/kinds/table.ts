/** The table of verdicts, `crds/testdata/verdicts.yaml`, read for the suites that hold zod and the API server to it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

export interface Case {
  /** What is special about it. */
  readonly case: string
  readonly kind: string
  readonly name?: string
  readonly spec?: unknown
  /** The spec before, for a change. */
  readonly old?: unknown
  /** The field that is at fault; absent where the object is taken. */
  readonly refused?: string
  /** What a rule of ours says, in full. */
  readonly says?: string
}

const path = join(import.meta.dirname, '../../crds/testdata/verdicts.yaml')

export const cases = parse(readFileSync(path, 'utf8')) as Case[]

/** The object of a case, with its spec or, for `old`, the one before. */
export function objectOf({ kind, name = 'shop' }: Case, apiVersion: string, spec: unknown) {
  return { apiVersion, kind, metadata: { name }, ...(spec !== undefined && { spec }) }
}
