/** `Project`: a tenant of an `EventCluster`: identity, tokens, timezone, quotas. Written by the team that sends the events. */
import { z } from 'zod'
import { conditions, observedGeneration } from '../fields/condition.ts'
import { bytes, dnsLabel, integer, listAtomic, listMap, objectName, reference } from '../fields/text.ts'
import type { DeepReadonly, Resource } from '../resource.ts'
import { fixed, type Rule, ruled } from '../rule.ts'

const fixedTo: Rule = {
  ...fixed('fixed: set it back, or create another Project'),
  messageExpression: "'fixed: write ' + oldSelf + ', or create another Project'",
  says: (_, oldSelf) => `fixed: write ${oldSelf}, or create another Project`,
}

const namesUnique: Rule = {
  cel: 'self.all(token, self.exists_one(other, other.name == token.name))',
  message: 'two tokens have one name: rename one',
  holds: (self: readonly { readonly name: string }[]) => new Set(self.map(({ name }) => name)).size === self.length,
}

const token = z.strictObject({
  name: dnsLabel(40).describe('Name of the token, unique in the project.'),
  access: z.enum(['Ingest', 'Query']).describe('What the token opens: sending events, or asking questions.'),
  secretRef: reference('Secret')
    .optional()
    .describe(
      'A Secret of yours that holds the token under the key token, 8 to 512 characters. Unset: the operator makes the Secret <project>-<token>.',
    ),
})

const quota = (what: string) =>
  integer(1, 2_147_483_647).optional().describe(`${what} Above it: HTTP status 429. Unset: no limit.`)

export const projectSpec = z.strictObject({
  clusterRef: z
    .strictObject({
      name: ruled(objectName(), fixedTo).describe(
        'Name of the EventCluster, in the same namespace. Fixed at creation.',
      ),
    })
    .describe('The EventCluster that keeps the events.'),
  id: ruled(
    z
      .string()
      .min(1)
      .max(128)
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/),
    fixedTo,
  ).describe('Identity of the project in events, placement and HTTP; unique in the cluster. Fixed at creation.'),
  timezone: z
    .string()
    .min(1)
    .max(64)
    .regex(/^[A-Za-z0-9_+-]+(\/[A-Za-z0-9_+-]+)*$/)
    .default('UTC')
    .describe('IANA name, for example Europe/Berlin: where the days of answers begin. It changes no stored event.'),
  spread: ruled(integer(0, 16), fixed("can't change yet: set it back"))
    .default(16)
    .describe('The project occupies 2^spread points of the ring: 16 is every shard, 0 is one. Fixed at creation.'),
  tokens: ruled(listAtomic(token, 16).min(1), namesUnique)
    .default([
      { name: 'ingest', access: 'Ingest' },
      { name: 'query', access: 'Query' },
    ])
    .describe('Tokens that open the project. To rotate one: add another, move its users, remove the first.'),
  quotas: z
    .strictObject({
      ingestEventsPerSecond: quota('Events accepted per second.'),
      concurrentQueries: quota('Queries that run at once.'),
      scanSizePerQuery: bytes()
        .optional()
        .describe('Bytes that one query may read, for example 100Gi. Above it: HTTP status 429. Unset: no limit.'),
    })
    .prefault({})
    .describe('Limits that protect other projects.'),
})

export const projectStatus = z.strictObject({
  observedGeneration: observedGeneration(),
  summary: z
    .strictObject({ tokens: z.string().max(16).optional().describe('Tokens that work, of those wanted.') })
    .optional()
    .describe('Counts as text, for the columns of kubectl get.'),
  tokens: listMap(
    z.strictObject({
      name: z.string().max(40).describe('Name of the token.'),
      secretName: z.string().max(253).describe('Secret that holds it, under the key token.'),
    }),
    'name',
    16,
  )
    .optional()
    .describe('Where each token is.'),
  policies: listAtomic(objectName().describe('Name of a CompactionPolicy.'), 10)
    .optional()
    .describe('CompactionPolicies that select the project, by precedence, at most 10.'),
  conditions: conditions(),
})

export type ProjectSpec = DeepReadonly<z.output<typeof projectSpec>>
export type ProjectStatus = DeepReadonly<z.output<typeof projectStatus>>
export type Project = Resource<ProjectSpec, ProjectStatus>
