/**
 * Who may do what: projects with their tokens and quotas, service accounts (QRY-2).
 *
 * The file holds secrets: it is never logged, and errors name paths, not values.
 */
import { z } from 'zod'
import { UserError } from '../../common/errors/errors.ts'

const id = z.string().min(1).max(253)
const secret = z.string().min(8, 'at least 8 characters').max(512)

const project = z.strictObject({
  id: id.describe('immutable: it is in placement and stored events'),
  timezone: z.string().default('UTC').describe('IANA name'),
  spread: z.int().min(0).max(16).default(16),
  tokens: z.array(z.strictObject({ name: id, access: z.enum(['Ingest', 'Query']), token: secret })).max(64),
  quotas: z
    .strictObject({
      ingestEventsPerSecond: z.int().min(1).optional(),
      concurrentQueries: z.int().min(1).optional(),
      scanBytesPerQuery: z.int().min(1).optional(),
      scanBytesPerMinute: z.int().min(1).optional(),
    })
    .default({}),
})

const serviceAccount = z.strictObject({
  user: id,
  secret,
  projects: z.array(id).min(1),
  access: z.array(z.enum(['Ingest', 'Query'])).min(1),
})

const accessTable = z.strictObject({
  version: z.int().min(1).describe('rises with each change'),
  projects: z.array(project).max(100_000),
  serviceAccounts: z.array(serviceAccount).max(10_000).default([]),
})

export type AccessTable = z.infer<typeof accessTable>
export type ProjectAccess = z.infer<typeof project>
export type Access = 'Ingest' | 'Query'

/** Throws `UserError` `ACCESS_INVALID`; the message never shows a value of the file. */
export function parseAccessTable(text: string, object: string): AccessTable {
  const refuse = (field: string, message: string): never => {
    throw new UserError('ACCESS_INVALID', `${object}: ${field}: ${message}; the former one stays in force`, { field })
  }
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    return refuse('document', 'got text that is not JSON, want a table of projects')
  }
  const parsed = accessTable.safeParse(document)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    return refuse(issue!.path.join('.') || 'document', issue!.message)
  }
  const seen = { projects: new Set<string>(), tokens: new Set<string>() }
  for (const [index, one] of parsed.data.projects.entries()) {
    if (seen.projects.has(one.id)) refuse(`projects.${index}.id`, 'got an id twice, want each once')
    seen.projects.add(one.id)
    for (const [at, { token }] of one.tokens.entries()) {
      if (seen.tokens.has(token))
        refuse(`projects.${index}.tokens.${at}.token`, 'got a token twice, want each once in the cluster')
      seen.tokens.add(token)
    }
  }
  return parsed.data
}
