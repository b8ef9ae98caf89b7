/**
 * The table of projects and tokens that pods should have, from the projects of a cluster and the Secrets that they
 * name; and why a project is not in it. A table that pods would refuse is never made: it would lock everybody out.
 */

import { bytesOf } from '../../../crds/quantity.ts'
import type { AccessTable, ProjectAccess } from '../../../dataplane/access/table.ts'
import type { Project } from '../../kube/kinds.ts'
import type { KubeObject } from '../../kube/object.ts'
import { labelNames, tokenSecretName } from '../../render/names.ts'
import { labelOfId, tokenKey } from '../../render/tokens.ts'
import { uidOf } from '../seen.ts'

const tokenLengthMin = 8
const tokenLengthMax = 512

export interface ProjectProblem {
  /** A reason of the project's condition `Ready`. */
  readonly reason: 'SecretNotFound' | 'IdTaken' | 'TimezoneUnknown'
  readonly message: string
}

export interface AccessWanted {
  readonly projects: readonly ProjectAccess[]
  /** By uid of the project. */
  readonly problems: ReadonlyMap<string, ProjectProblem>
}

/** Older projects come first: theirs is an id, and a token, that two have. */
export function wantedAccess(projects: readonly Project[], secrets: ReadonlyMap<string, KubeObject>): AccessWanted {
  const problems = new Map<string, ProjectProblem>()
  const [ids, tokens] = [new Map<string, string>(), new Map<string, string>()]
  const wanted: ProjectAccess[] = []
  for (const project of [...projects].sort(byAge)) {
    const { id, timezone, spread, quotas } = project.spec
    const { name } = project.metadata
    const problem = (reason: ProjectProblem['reason'], message: string) =>
      problems.set(uidOf(project), { reason, message })
    const owner = ids.get(id)
    if (owner !== undefined) {
      problem('IdTaken', `Project ${owner} has the id ${id}: create this one with another id`)
      continue
    }
    ids.set(id, name)
    if (!isTimezone(timezone)) {
      problem('TimezoneUnknown', `got ${timezone}, want an IANA name as Europe/Berlin`)
      continue
    }
    const found: ProjectAccess['tokens'] = []
    for (const token of project.spec.tokens) {
      const secretName = token.secretRef?.name ?? tokenSecretName(name, token.name)
      const value = readToken(secrets.get(secretName), token.secretRef === undefined ? project : undefined)
      const other = value.text === undefined ? undefined : tokens.get(value.text)
      if (value.text === undefined) problem('SecretNotFound', `Secret ${secretName}: ${value.wrong}`)
      else if (other !== undefined) {
        problem('SecretNotFound', `Secret ${secretName} holds the token of ${other}: write another one`)
      } else {
        tokens.set(value.text, `Secret ${secretName}`)
        found.push({ name: token.name, access: token.access, token: value.text })
      }
    }
    wanted.push({ id, timezone, spread, tokens: found, quotas: quotasOf(quotas) })
  }
  return { projects: wanted, problems }
}

/** `project`: the operator made it for that one. Never throws: whatever is in a Secret. */
export function readToken(
  secret: KubeObject | undefined,
  project: Project | undefined,
): { text: string; wrong?: undefined } | { text?: undefined; wrong: string } {
  if (secret === undefined) return { wrong: `is not there: make it, with the token under the key ${tokenKey}` }
  if (project !== undefined && secret.metadata.labels?.[labelNames.project] !== labelOfId(project.spec.id)) {
    return { wrong: 'was made by somebody else: rename the token, or name the Secret in secretRef' }
  }
  const data = (secret.data as Readonly<Record<string, string>> | undefined)?.[tokenKey]
  if (data === undefined) return { wrong: `has no key ${tokenKey}` }
  const text = Buffer.from(data, 'base64').toString()
  if (text.length >= tokenLengthMin && text.length <= tokenLengthMax) return { text }
  return { wrong: `holds ${text.length} characters, want ${tokenLengthMin} to ${tokenLengthMax}` }
}

/** The former table, or one with the next version when it says something else; without a former one above `floor`. */
export function nextTable(
  former: AccessTable | undefined,
  projects: readonly ProjectAccess[],
  floor: number,
): AccessTable {
  const wanted = { projects: [...projects], serviceAccounts: [] }
  if (former === undefined) return { version: floor + 1, ...wanted }
  const { version, ...said } = former
  return JSON.stringify(said) === JSON.stringify(wanted) ? former : { version: version + 1, ...wanted }
}

function quotasOf(quotas: Project['spec']['quotas']): ProjectAccess['quotas'] {
  const { ingestEventsPerSecond, concurrentQueries, scanSizePerQuery } = quotas
  return {
    ...(ingestEventsPerSecond !== undefined && { ingestEventsPerSecond }),
    ...(concurrentQueries !== undefined && { concurrentQueries }),
    ...(scanSizePerQuery !== undefined && { scanBytesPerQuery: bytesOf(scanSizePerQuery) }),
  }
}

function byAge(a: Project, b: Project): number {
  const key = ({ metadata }: Project) => `${metadata.creationTimestamp ?? ''} ${metadata.name}`
  return key(a) < key(b) ? -1 : 1
}

/** Names that were asked for: to ask takes longer than all the rest of a table. */
const timezones = new Map<string, boolean>()
const timezonesMax = 1000

function isTimezone(name: string): boolean {
  const known = timezones.get(name)
  if (known !== undefined) return known
  if (timezones.size >= timezonesMax) timezones.clear()
  const is = isNameOfIntl(name)
  timezones.set(name, is)
  return is
}

function isNameOfIntl(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
