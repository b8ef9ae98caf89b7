/**
 * What is looked at in an event before it is validated: `$ignore`, the token.
 */
import type { AccessHolder } from '../../access/holder.ts'
import type { ProjectAccess } from '../../access/table.ts'

/** `properties` of a parsed event, where it is an object. */
export function sentProperties(raw: unknown): Record<string, unknown> | undefined {
  const properties = (raw as { properties?: unknown } | null | undefined)?.properties
  const isObject = typeof properties === 'object' && properties !== null && !Array.isArray(properties)
  return isObject ? (properties as Record<string, unknown>) : undefined
}

/** `$ignore` drops an event silently when it is true or a text, as in the reference system. */
export function isIgnored(properties: Readonly<Record<string, unknown>> | undefined): boolean {
  const mark = properties?.$ignore
  return mark === true || (typeof mark === 'string' && mark !== '')
}

/** Projects by the tokens of one request: most events carry the same one, and finding it costs a hash. */
export class SentTokens {
  readonly #access: AccessHolder
  readonly #known = new Map<string, ProjectAccess | undefined>()

  constructor(access: AccessHolder) {
    this.#access = access
  }

  project(token: string): ProjectAccess | undefined {
    if (!this.#known.has(token)) this.#known.set(token, this.#access.byToken(token, 'Ingest'))
    return this.#known.get(token)
  }
}
