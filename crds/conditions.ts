/**
 * Every condition of every kind with the reasons it may carry and what each means: the operator's types and the reference pages
 * come from here. `Unknown` has reason `NotObserved` everywhere, and never means yes.
 */

export type ConditionStatus = 'True' | 'False' | 'Unknown'

/** Reason to what it means, by status. */
type Reasons = Readonly<Partial<Record<ConditionStatus, Readonly<Record<string, string>>>>>

const notObserved = { NotObserved: 'The operator could not look yet.' }

const stalled = {
  True: {
    ImageNotPulled: 'An image cannot be pulled.',
    Unschedulable: 'No node takes a pod.',
    QuotaExceeded: 'A ResourceQuota refuses an object.',
    Forbidden: 'The operator may not do what it has to.',
    SecretNotFound: 'A Secret that the spec names, or a key in it, is missing.',
    VolumeLost: 'A volume that held the only copy of the log or store is gone.',
    VolumeCannotGrow: 'The storage class does not let a volume grow.',
    DataOwnedElsewhere: 'Data in place belongs to another EventCluster.',
    Vetoed: 'A safety check refuses what the spec asks for.',
  },
  False: { NotStalled: 'Nothing needs a person.' },
  Unknown: notObserved,
} as const

const redundant = {
  True: { TwoOrMoreReady: 'Every shard has two or more replicas that serve.' },
  False: {
    SingleReplica: 'The spec asks for one replica per shard.',
    ReplicaNotReady: 'A shard has fewer than two replicas that serve.',
  },
  Unknown: notObserved,
} as const

const consistent = {
  True: { ReplicasAgree: 'At the last cut all replicas held the same events.' },
  False: { ReplicaDivergence: 'A replica holds other events than its shard; it is named and not queried.' },
  Unknown: {
    ...notObserved,
    SingleReplica: 'One replica has nothing to be compared with.',
    Unaudited: 'No cut has been compared yet.',
  },
} as const

const updated = {
  True: { OnWantedRevision: 'Every pod runs what the spec says.' },
  False: {
    RollingOut: 'Pods are being replaced, one replica at a time.',
    HeldOnDivergence: 'The roll waits: a replica diverged.',
    HeldByAnnotation: 'The roll waits: a Shard carries the annotation hold.',
  },
  Unknown: notObserved,
} as const

const reconciling = {
  True: {
    Creating: 'Objects are made for the first time.',
    Scaling: 'A number of pods changes.',
    Updating: 'Pods are being replaced.',
    Deleting: 'The object is being deleted.',
  },
  False: {
    InSync: 'Everything is as the spec says.',
    Paused: 'spec.paused is true.',
    Stalled: 'Nothing moves until what Stalled names is put right.',
  },
  Unknown: notObserved,
} as const

export const eventClusterConditions = {
  Ready: {
    True: { Serving: 'Every shard, ingest and query serve.' },
    False: {
      Creating: 'It has not served yet.',
      ShardsNotReady: 'A shard has no replica that serves.',
      IngestNotReady: 'No ingest pod is ready.',
      QueryNotReady: 'No query pod is ready.',
      LogUnavailable: 'The log does not answer.',
      StoreUnavailable: 'The store does not answer.',
    },
    Unknown: notObserved,
  },
  Reconciling: reconciling,
  Stalled: stalled,
  Redundant: redundant,
  Consistent: consistent,
  Updated: updated,
  Paused: {
    True: { PausedBySpec: 'spec.paused is true: the operator changes nothing.' },
    False: { NotPaused: 'The operator works.' },
    Unknown: notObserved,
  },
} as const satisfies Readonly<Record<string, Reasons>>

export const shardConditions = {
  Ready: {
    True: { Serving: 'A replica serves the whole range.' },
    False: {
      Creating: 'It has not served yet.',
      NoReadyReplica: 'No replica serves.',
      LogGap: 'The log no longer has what the shard needs next; it stops rather than skip.',
    },
    Unknown: notObserved,
  },
  Reconciling: reconciling,
  Stalled: stalled,
  Redundant: redundant,
  Consistent: consistent,
  Updated: updated,
  CaughtUp: {
    True: { LagWithinLimit: 'The replicas that serve follow the log.' },
    False: {
      LagAboveLimit:
        'A replica is still reading what the log had when it started, or has been more than 10 s behind for a minute.',
    },
    Unknown: notObserved,
  },
  Held: {
    True: { HeldByAnnotation: 'The annotation anabranch.dev/hold is set: no roll while it is.' },
    False: { NotHeld: 'Nothing holds it.' },
    Unknown: notObserved,
  },
} as const satisfies Readonly<Record<string, Reasons>>

export const compactionPolicyConditions = {
  Ready: {
    True: { Evaluated: 'The selector was evaluated.' },
    False: { InvalidSelector: 'The selector is wrong; the message says where.' },
    Unknown: notObserved,
  },
  Bound: {
    True: { Governs: 'It decides for at least one cluster, shard or project.' },
    False: {
      SelectsNothing: 'The selector matches nothing.',
      Overridden: 'Other policies have precedence for all that it matches.',
    },
    Unknown: notObserved,
  },
  Enforced: {
    True: {},
    False: { NotImplemented: 'No worker runs in this version: events stay as they were written.' },
    Unknown: notObserved,
  },
} as const satisfies Readonly<Record<string, Reasons>>

/** What is wrong with a Project itself: it is neither Ready nor will waiting help. */
const projectFaults = {
  ClusterNotFound: 'No EventCluster has the name in spec.clusterRef.',
  SecretNotFound: 'A Secret that a token names, or its key token, is missing.',
  IdTaken: 'An older Project of the cluster has this id.',
  TimezoneUnknown: 'The timezone is not a name of the IANA database.',
} as const

export const projectConditions = {
  Ready: {
    True: { Confirmed: 'Every ingest and query pod knows the project and its tokens.' },
    False: {
      ...projectFaults,
      NotConfirmed: 'Some pods do not know the latest table of tokens yet.',
    },
    Unknown: notObserved,
  },
  Reconciling: {
    True: {
      Creating: 'Secrets are made for the first time.',
      Updating: 'Pods are told about a change.',
      Deleting: 'The object is being deleted.',
    },
    False: {
      InSync: 'Everything is as the spec says.',
      Stalled: 'Nothing moves until what Stalled names is put right.',
    },
    Unknown: notObserved,
  },
  Stalled: {
    True: {
      ...projectFaults,
      Forbidden: 'The operator may not do what it has to.',
      QuotaExceeded: 'A ResourceQuota refuses an object.',
    },
    False: { NotStalled: 'Nothing needs a person.' },
    Unknown: notObserved,
  },
} as const satisfies Readonly<Record<string, Reasons>>

/** Conditions by kind. */
export const conditionsOf = {
  EventCluster: eventClusterConditions,
  Shard: shardConditions,
  CompactionPolicy: compactionPolicyConditions,
  Project: projectConditions,
} as const

/** What a reason means, of whichever kind has it; empty for one that no table has. */
export function meaningOf(type: string, reason: string): string {
  const tables = Object.values(conditionsOf) as readonly Readonly<Record<string, Reasons>>[]
  for (const reasons of tables.flatMap((table) => Object.values(table[type] ?? {}))) {
    if (reasons?.[reason] !== undefined) return reasons[reason]
  }
  return ''
}

/** The verdict on one condition before it has a time: `Decision<typeof eventClusterConditions, 'Ready'>`. */
export type Decision<Table extends Readonly<Record<string, Reasons>>, Type extends keyof Table> = {
  [Status in keyof Table[Type] & ConditionStatus]: {
    readonly status: Status
    readonly reason: keyof Table[Type][Status] & string
    readonly message: string
  }
}[keyof Table[Type] & ConditionStatus]
