/**
 * What can change in a process that runs, without a restart: the level of its log, when shards cut.
 *
 * Does not: say how a document arrives (`holder.ts`), or hold what needs a restart; flags do.
 */
import { z } from 'zod'
import { UserError } from '../../common/errors/errors.ts'

export const logLevels = ['debug', 'info', 'warn', 'error'] as const

const settings = z.strictObject({
  version: z.int().min(1).describe('rises with each change'),
  logLevel: z.enum(logLevels).optional().describe('lowest level that is logged'),
  cut: z
    .strictObject({
      maxAgeSeconds: z.int().min(1).max(86_400).optional().describe('age of the oldest row at which a tail is cut'),
      maxRows: z.int().min(1).max(4_194_304).optional().describe('rows at which a tail is cut'),
    })
    .default({}),
})

/** Absent: as the flags say. */
export type Settings = z.infer<typeof settings>
export type LogLevel = (typeof logLevels)[number]

/** Throws `UserError` `SETTINGS_INVALID` that names the path and what is wrong. */
export function parseSettings(text: string, object: string): Settings {
  const refuse = (field: string, message: string): never => {
    throw new UserError('SETTINGS_INVALID', `${object}: ${field}: ${message}; the former ones stay in force`, { field })
  }
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (error) {
    return refuse('document', `got text that is not JSON (${(error as Error).message}), want settings`)
  }
  const parsed = settings.safeParse(document)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  return refuse(issue!.path.join('.') || 'document', issue!.message)
}
