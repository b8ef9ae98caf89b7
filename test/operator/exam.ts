/**
 * Events whose answers are known: what a cluster is sent, three questions about it, and what the oracle answers (QRY-1, DED-1).
 *
 * No two events have the same time, so that no answer depends on the order in which the log got them. Each batch but the first
 * begins with the last event of the one before, which counts once. Deterministic. Does not: speak to a cluster.
 */
import { answerLinear, markDuplicatesLinear } from '../../oracle/answer.ts'
import type { LoggedEvent, SentEvent } from '../../oracle/event.ts'
import type { Query, Result, SegmentationQuery } from '../../oracle/query.ts'

const dayMs = 86_400_000
const days = 10
const from = Date.UTC(2026, 2, 1)
/** Without a common divisor with the ms of all days: a walk over them meets none twice. */
const stepMs = 7_919_003
const users = 97

/** An event of the import format. */
export interface ImportedEvent {
  readonly event: string
  readonly properties: { readonly time: number; readonly distinct_id: string; readonly $insert_id: string } & Readonly<
    Record<string, string | number>
  >
}

export class Exam {
  readonly #project: string
  readonly #range: { readonly project: string; readonly from: number; readonly to: number }
  readonly #sent: LoggedEvent[] = []
  /** Events that were drawn; each counts once, however often it was sent. */
  #drawn = 0

  constructor(project: string) {
    this.#project = project
    this.#range = { project, from, to: from + days * dayMs }
  }

  /** The next events, and one that was sent before. Counts as sent from now on. */
  draw(count: number): ImportedEvent[] {
    const first = this.#drawn
    this.#drawn += count
    const batch = Array.from({ length: count }, (_, index) => eventOf(first + index))
    const all = first === 0 ? batch : [eventOf(first - 1), ...batch]
    for (const event of all) {
      const position = { partition: 0, offset: this.#sent.length, index: 0 }
      this.#sent.push({ ...sentEvent(event, this.#project), position })
    }
    return all
  }

  /** Events that count. */
  get events(): number {
    return this.#drawn
  }

  /** How many there are. */
  get count(): SegmentationQuery {
    return { ...this.#range, type: 'segmentation', select: {}, measure: 'total' }
  }

  /** A segmentation, a funnel and a retention, and the oracle's answer to each. */
  questions(): { readonly query: Query; readonly expected: Result }[] {
    const stored = markDuplicatesLinear(this.#sent)
    const queries: Query[] = [
      {
        ...{ ...this.#range, type: 'segmentation', select: { events: ['Opened'] }, measure: 'unique', unit: 'day' },
        breakdown: [{ property: 'plan' }],
      },
      {
        ...{ ...this.#range, type: 'funnel', windowMs: 4 * dayMs },
        steps: [{ events: ['Opened'] }, { events: ['Chosen'] }, { events: ['Bought'] }],
      },
      {
        ...{ ...this.#range, type: 'retention', birth: { events: ['Chosen'] }, return: { events: ['Bought'] } },
        ...{ unit: 'day', count: 7, criteria: 'on' },
      },
    ]
    return queries.map((query) => ({ query, expected: answerLinear(stored, query) }))
  }
}

function eventOf(index: number): ImportedEvent {
  // Users, names and plans in no step with each other or with time: else nobody goes through a funnel.
  const dice = Math.imul(index + 1, 0x9e37_79b1) >>> 0
  return {
    event: ['Opened', 'Chosen', 'Opened', 'Bought', 'Closed'][(dice >>> 9) % 5]!,
    properties: {
      time: from + ((index * stepMs) % (days * dayMs)),
      distinct_id: `user-${(dice >>> 3) % users}`,
      $insert_id: `id-${index}`,
      plan: ['free', 'team', 'company'][(dice >>> 17) % 3]!,
      price: index % 50,
    },
  }
}

function sentEvent({ event, properties }: ImportedEvent, project: string): SentEvent {
  const { time, distinct_id, $insert_id: insert_id, ...rest } = properties
  return { project, event, distinct_id, time, insert_id, properties: rest }
}
