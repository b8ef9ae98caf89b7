/**
 * Events as SDKs send them become validated ones: each for the project of its token, with what was
 * left out filled in. Quotas are counted here, before anything is validated.
 */
import type { ProjectAccess } from '../../access/table.ts'
import { validate } from '../../ingest/validate.ts'
import type { Event } from '../../schema/event.ts'
import { userOfAddress } from './client-address.ts'
import { ingestHttpLimits } from './limits.ts'
import { isIgnored, SentTokens, sentProperties } from './sent-event.ts'
import type { IngestService } from './service.ts'

export interface SdkSent {
  readonly raws: readonly unknown[]
  /** On `/import`; on `/track` the tokens of the events decide. */
  readonly project?: ProjectAccess | undefined
  /** Of the client, when a missing user is to be made from it. */
  readonly address?: string | undefined
}

export interface SdkBatch {
  readonly count: number
  readonly events: readonly Event[]
  readonly projects: Iterable<ProjectAccess>
  readonly ignored: number
  /** Why, per refused event. */
  readonly refused: readonly string[]
  /** Of those refused, how many carry a token that opens nothing. */
  readonly unknownTokens: number
}

/** Throws `UserError` `RATE_LIMITED`, and nothing is counted then. */
export function takeEvents(service: IngestService, { raws, project, address }: SdkSent): SdkBatch {
  const tokens = new SentTokens(service.access)
  const projects = raws.map((raw) => project ?? projectOfToken(raw, tokens))
  const counts = countByProject(projects)
  service.rates.take(counts)
  const taking = new Taking(service, project === undefined, address)
  for (let index = 0; index < raws.length; index++) taking.take(raws[index], projects[index])
  service.metrics.events.inc({ result: 'refused' }, taking.refused.length)
  service.metrics.events.inc({ result: 'ignored' }, taking.ignored)
  const { events, ignored, refused, unknownTokens } = taking
  return { count: raws.length, events, projects: counts.keys(), ignored, refused, unknownTokens }
}

/** `undefined`: a token that opens nothing. `missing`: there is none. */
function projectOfToken(raw: unknown, tokens: SentTokens): ProjectAccess | 'missing' | undefined {
  const token = sentProperties(raw)?.token
  return typeof token === 'string' && token !== '' ? tokens.project(token) : 'missing'
}

function countByProject(projects: readonly (ProjectAccess | 'missing' | undefined)[]) {
  const counts = new Map<ProjectAccess, number>()
  for (const project of projects) {
    if (project !== undefined && project !== 'missing') counts.set(project, (counts.get(project) ?? 0) + 1)
  }
  return counts
}

class Taking {
  readonly events: Event[] = []
  readonly refused: string[] = []
  ignored = 0
  unknownTokens = 0
  readonly #isTrack: boolean
  readonly #address: string | undefined
  readonly #now: number
  readonly #mintInsertId: () => string

  constructor(service: IngestService, isTrack: boolean, address: string | undefined) {
    this.#isTrack = isTrack
    this.#address = address
    this.#now = service.clock.now()
    this.#mintInsertId = service.ids.request()
  }

  take(raw: unknown, project: ProjectAccess | 'missing' | undefined): void {
    const properties = sentProperties(raw)
    if (isIgnored(properties)) {
      this.ignored++
    } else if (project === 'missing') {
      this.refused.push('properties.token: missing; want the token of a project')
    } else if (project === undefined) {
      this.unknownTokens++
      this.refused.push('properties.token: opens no project for ingest')
    } else {
      this.#validate(raw, properties, project)
    }
  }

  #validate(raw: unknown, properties: Record<string, unknown> | undefined, project: ProjectAccess): void {
    if (properties !== undefined) this.#complete(properties, project)
    const context = { project: project.id, now: this.#now, mintInsertId: this.#mintInsertId }
    const { event, error } = validate(raw, context)
    if (error !== undefined) this.refused.push(error.message)
    else if (this.#isTrack && event.time < this.#now - ingestHttpLimits.trackAgeMsMax) this.refused.push(tooOld)
    else this.events.push(event)
  }

  /** The object is ours: it was parsed from this body. */
  #complete(properties: Record<string, unknown>, project: ProjectAccess): void {
    if (this.#isTrack && properties.time === undefined) properties.time = this.#now
    if (properties.distinct_id === undefined) {
      properties.distinct_id = this.#address === undefined ? '' : userOfAddress(project.id, this.#address)
    }
  }
}

const tooOld = 'properties.time: more than 5 days ago; send it to /import'
