/** `CompactionPolicy`: how events of its namespace are kept. Today it selects and ranks; no worker acts on it yet, and its status says so. */
import { z } from 'zod'
import { conditions, observedGeneration } from '../fields/condition.ts'
import { integer, labelMap, listAtomic, listMap } from '../fields/text.ts'
import type { DeepReadonly, Resource } from '../resource.ts'
import { type Rule, ruled } from '../rule.ts'

const notBoth: Rule = {
  cel: '!(has(self.shards) && has(self.projects))',
  message: 'shards and projects exclude each other: write two policies',
  holds: ({ shards, projects }) => shards === undefined || projects === undefined,
}

const requirement = z.strictObject({
  key: z.string().min(1).max(317).describe('Key of the label.'),
  operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']).describe('How the label relates to the values.'),
  values: listAtomic(z.string().max(63).describe('A value of the label.'), 32)
    .optional()
    .describe('Values, with operators In and NotIn.'),
})

const labelSelector = () =>
  z.strictObject({
    matchLabels: labelMap().optional().describe('Labels that an object must have, each with this value.'),
    matchExpressions: listAtomic(requirement, 16).optional().describe('Requirements on labels; all must hold.'),
  })

const selector = ruled(
  z.strictObject({
    clusters: labelSelector().optional().describe('Selects EventClusters by label. Unset: all.'),
    projects: labelSelector().optional().describe('Selects Projects by label. Unset: all. Not together with shards.'),
    shards: labelSelector().optional().describe('Selects Shards by label. Unset: all. Not together with projects.'),
  }),
  notBoth,
)

export const compactionPolicySpec = z.strictObject({
  selector: selector.describe(
    'What the policy applies to, in its namespace; {} is everything. Parts are combined: all of them must match.',
  ),
  priority: integer(-1000, 1000)
    .default(0)
    .describe(
      'Which of several policies wins: one that selects projects over one that selects shards, clusters, or all; then the higher priority, the older, the first by name.',
    ),
})

const counts = (what: string) =>
  z.strictObject({
    clusters: integer(0, 2_147_483_647).describe(`EventClusters that ${what}.`),
    shards: integer(0, 2_147_483_647).describe(`Shards that ${what}.`),
    projects: integer(0, 2_147_483_647).describe(`Projects that ${what}.`),
  })

export const compactionPolicyStatus = z.strictObject({
  observedGeneration: observedGeneration(),
  matches: counts('the selector matches').optional().describe('What the selector matches.'),
  governs: counts('the policy decides for')
    .optional()
    .describe('What it decides for, since no other policy has precedence.'),
  overriddenBy: listMap(
    z.strictObject({
      policy: z.string().max(253).describe('Name of the policy that has precedence.'),
      projects: integer(0, 2_147_483_647).describe('Projects for which it has.'),
    }),
    'policy',
    20,
  )
    .optional()
    .describe('Policies that have precedence over this one, at most 20.'),
  conditions: conditions(),
})

export type CompactionPolicySpec = DeepReadonly<z.output<typeof compactionPolicySpec>>
export type CompactionPolicyStatus = DeepReadonly<z.output<typeof compactionPolicyStatus>>
export type CompactionPolicy = Resource<CompactionPolicySpec, CompactionPolicyStatus>
