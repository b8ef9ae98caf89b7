/**
 * Three questions that have an answer: a segmentation, a funnel, a retention, made of the events' own names and values.
 *
 * What a source wishes comes first, where its names occur. Deterministic: the same profile gives the same questions.
 * Does not: promise an interesting answer; only one that is not empty where the events allow it.
 */
import type { FunnelQuery, Query, RetentionQuery, SegmentationQuery } from '../../oracle/query.ts'
import { dayMs, groupsShown, type Profile } from './profile.ts'
import type { Wishes } from './wishes.ts'

export interface Question {
  readonly title: string
  readonly query: Query
}

/** Two or three questions: events without users have no funnel and no retention. Empty when there are no events. */
export function questionsOf(project: string, profile: Profile, wishes: Wishes): Question[] {
  if (profile.events === 0) return []
  const range = { project, from: profile.from, to: profile.to }
  const segmentation = segmentationOf(range, profile, wishes)
  if (profile.journey === undefined) return [segmentation]
  return [segmentation, funnelOf(range, profile, wishes), retentionOf(range, profile, wishes)]
}

type Range = Pick<Query, 'project' | 'from' | 'to'>

function segmentationOf(range: Range, profile: Profile, { count }: Wishes): Question {
  const wished =
    count !== undefined && has(profile, count.event) ? { event: count.event, property: count.by } : undefined
  const found = wished ?? tellingBreakdown(profile)
  const measure = profile.users > 1 ? 'unique' : 'total'
  const unit = unitOf(profile)
  const query: SegmentationQuery = {
    ...range,
    type: 'segmentation',
    select: found === undefined ? {} : { events: [found.event] },
    measure,
    ...(unit !== undefined && { unit }),
    breakdown: [found === undefined ? { field: 'event' } : { property: found.property }],
    limit: groupsShown,
  }
  const who = measure === 'unique' ? 'users' : 'events'
  const title = found === undefined ? `${who} by event` : `${who} of ${found.event} by ${found.property}`
  return { title: unit === undefined ? title : `${title}, each ${unit}`, query }
}

/** Among the frequent names, the one whose property tells most; a rare name must tell much more. */
function tellingBreakdown(profile: Profile) {
  const weight = ({ event, shownBits }: Profile['breakdowns'][number]) =>
    shownBits * Math.sqrt(profile.names.find(({ name }) => name === event)!.events)
  return [...profile.breakdowns].sort((a, b) => weight(b) - weight(a))[0]
}

function unitOf({ from, to }: Profile): SegmentationQuery['unit'] {
  const days = (to - from) / dayMs
  if (days <= 2) return 'hour'
  if (days <= 92) return 'day'
  return days <= 1100 ? 'week' : 'month'
}

function funnelOf(range: Range, profile: Profile, { funnels = [] }: Wishes): Question {
  const journey = profile.journey!
  const wished = funnels.find((names) => names.every((name) => has(profile, name)))
  const steps = wished ?? journey.steps
  const query: FunnelQuery = {
    ...range,
    type: 'funnel',
    steps: steps.map((name) => ({ events: [name] })),
    windowMs: journey.windowMs,
  }
  return { title: `funnel ${steps.join(' → ')}, within ${journey.windowMs / dayMs} days`, query }
}

function retentionOf(range: Range, profile: Profile, { born }: Wishes): Question {
  const birth = born !== undefined && has(profile, born) ? born : profile.journey!.steps[0]!
  const days = (profile.to - profile.from) / dayMs
  const [unit, count] =
    days <= 60 ? (['day', 7] as const) : days <= 400 ? (['week', 8] as const) : (['month', 9] as const)
  const query: RetentionQuery = {
    ...range,
    type: 'retention',
    birth: { events: [birth] },
    return: {},
    unit,
    count,
    criteria: 'on',
  }
  return { title: `retention: first ${birth}, then anything, by ${unit}`, query }
}

const has = (profile: Profile, name: string) => profile.names.some((known) => known.name === name)
