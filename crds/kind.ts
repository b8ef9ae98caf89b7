/** The four kinds with all that a CRD says about them besides their schemas: names, columns, subresources, rules on the whole. */
import type { z } from 'zod'
import { compactionPolicySpec, compactionPolicyStatus } from './kinds/compaction-policy.ts'
import { eventClusterRules, eventClusterSpec } from './kinds/event-cluster.ts'
import { eventClusterStatus } from './kinds/event-cluster-status.ts'
import { projectSpec, projectStatus } from './kinds/project.ts'
import { shardSpec, shardStatus } from './kinds/shard.ts'
import type { Rule } from './rule.ts'

export const group = 'anabranch.dev'
export const version = 'v1alpha1'
export const apiVersion = `${group}/${version}`

/** A column of `kubectl get`; `wide` ones show with `-o wide`. */
export interface Column {
  readonly name: string
  readonly type: 'string' | 'integer' | 'date'
  readonly jsonPath: string
  readonly description: string
  readonly wide?: true
}

export interface Kind {
  readonly kind: string
  readonly plural: string
  readonly singular: string
  readonly shortNames: readonly string[]
  readonly description: string
  readonly specDescription: string
  readonly spec: z.ZodObject
  readonly status: z.ZodObject
  /** Whether an object may leave spec out. */
  readonly specDefaults: boolean
  readonly rules: readonly Rule[]
  /** What people may write into metadata, and what it does. */
  readonly annotations: Readonly<Record<string, string>>
  readonly columns: readonly Column[]
  readonly scale?: { readonly spec: string; readonly status: string; readonly selector: string }
}

const age: Column = {
  name: 'Age',
  type: 'date',
  jsonPath: '.metadata.creationTimestamp',
  description: 'Time since it was created.',
}

const ofCondition = (name: string, type: string, field: 'status' | 'message', description: string): Column => ({
  name,
  type: 'string',
  jsonPath: `.status.conditions[?(@.type=="${type}")].${field}`,
  description,
})

const ready = ofCondition('Ready', 'Ready', 'status', 'Whether it serves.')
const message: Column = { ...ofCondition('Message', 'Ready', 'message', 'Why, in a sentence.'), wide: true }

const text = (name: string, jsonPath: string, description: string): Column => ({
  name,
  type: 'string',
  jsonPath,
  description,
})
const number = (name: string, jsonPath: string, description: string): Column => ({
  name,
  type: 'integer',
  jsonPath,
  description,
})
const wide = (column: Column): Column => ({ ...column, wide: true })

export const eventClusterKind: Kind = {
  kind: 'EventCluster',
  plural: 'eventclusters',
  singular: 'eventcluster',
  shortNames: ['ec'],
  description: 'One event database: its log, store and shards, and the pods that accept and query events.',
  specDescription: 'What you want. Every field has a default: leave out what does not matter.',
  spec: eventClusterSpec,
  status: eventClusterStatus,
  specDefaults: true,
  rules: eventClusterRules,
  annotations: {
    'anabranch.dev/restarted-at':
      'A time, or any other text: a new value restarts every pod once, one replica at a time.',
  },
  columns: [
    text('Phase', '.status.phase', 'What it does now.'),
    ready,
    text('Shards', '.status.summary.shards', 'Shards that serve, of those wanted.'),
    text('Replicas', '.status.summary.replicas', 'Replicas that are ready, of those wanted.'),
    text('Ingest', '.status.summary.ingest', 'Ingest pods that are ready, of those wanted.'),
    text('Query', '.status.summary.query', 'Query pods that are ready, of those wanted.'),
    age,
    wide(number('Epoch', '.status.routing.routingEpoch', 'Number of the map of shards in force.')),
    wide(text('Image', '.status.versions.image', 'Image that pods are made with.')),
    message,
  ],
  scale: { spec: '.spec.query.replicas', status: '.status.query.replicas', selector: '.status.query.selector' },
}

export const shardKind: Kind = {
  kind: 'Shard',
  plural: 'shards',
  singular: 'shard',
  shortNames: [],
  description: 'One range of the ring of users, and its replicas. Written by the operator; people may annotate it.',
  specDescription: 'What the operator wants; do not write it.',
  spec: shardSpec,
  status: shardStatus,
  specDefaults: false,
  rules: [],
  annotations: { 'anabranch.dev/hold': 'A reason: while it is there, the replicas are not replaced for a change.' },
  columns: [
    text('Cluster', '.spec.clusterRef.name', 'The EventCluster that it belongs to.'),
    text('Phase', '.status.phase', 'Where it is in its life.'),
    text('Start', '.spec.range.start', 'First position of its range.'),
    text('End', '.spec.range.end', 'First position after its range.'),
    text('Replicas', '.status.summary.replicas', 'Replicas that serve, of those wanted.'),
    age,
    wide(text('Primary', '.status.primary', 'The replica that writes segments.')),
    wide(text('Revision', '.spec.revision', 'ControllerRevision that replicas are made with.')),
    message,
  ],
}

export const compactionPolicyKind: Kind = {
  kind: 'CompactionPolicy',
  plural: 'compactionpolicies',
  singular: 'compactionpolicy',
  shortNames: ['cpol'],
  description:
    'How events of its namespace are kept. It binds to what it selects, with visible precedence; nothing acts on it yet.',
  specDescription: 'What you want kept, and how.',
  spec: compactionPolicySpec,
  status: compactionPolicyStatus,
  specDefaults: false,
  rules: [],
  annotations: {},
  columns: [
    ofCondition('Ready', 'Ready', 'status', 'Whether the selector could be evaluated.'),
    ofCondition('Bound', 'Bound', 'status', 'Whether it decides for anything.'),
    ofCondition('Enforced', 'Enforced', 'status', 'Whether it is acted on.'),
    number('Priority', '.spec.priority', 'Which of several policies wins.'),
    number('Clusters', '.status.governs.clusters', 'EventClusters that it decides for.'),
    number('Shards', '.status.governs.shards', 'Shards that it decides for.'),
    number('Projects', '.status.governs.projects', 'Projects that it decides for.'),
    age,
    message,
  ],
}

export const projectKind: Kind = {
  kind: 'Project',
  plural: 'projects',
  singular: 'project',
  shortNames: ['aproj'],
  description: 'A tenant of an EventCluster: its identity, tokens, timezone and quotas.',
  specDescription: 'What you want.',
  spec: projectSpec,
  status: projectStatus,
  specDefaults: false,
  rules: [],
  annotations: {},
  columns: [
    text('Cluster', '.spec.clusterRef.name', 'The EventCluster that keeps its events.'),
    ofCondition('Ready', 'Ready', 'status', 'Whether every pod knows it.'),
    text('Timezone', '.spec.timezone', 'Where the days of answers begin.'),
    text('Tokens', '.status.summary.tokens', 'Tokens that work, of those wanted.'),
    age,
    wide(text('Id', '.spec.id', 'Its identity in events and HTTP.')),
    wide(number('Spread', '.spec.spread', 'It occupies 2^spread points of the ring.')),
    wide(number('Events/s', '.spec.quotas.ingestEventsPerSecond', 'Events accepted per second.')),
    message,
  ],
}

export const kinds: readonly Kind[] = [eventClusterKind, shardKind, compactionPolicyKind, projectKind]
