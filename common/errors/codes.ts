/**
 * The registry of error codes: one line per code, the single source of `docs/reference/errors.md`.
 *
 * A code is stable: programs match on it, so it is added, never renamed or reused.
 */

export interface CodeEntry {
  /** `corrupt`: bytes that are not what was written; `unavailable`: the environment failed; `user`: the request is wrong. */
  readonly kind: 'corrupt' | 'unavailable' | 'user'
  readonly meaning: string
  readonly remedy: string
}

export const codes = {
  RECORD_CORRUPT: {
    kind: 'corrupt',
    meaning: 'A log record does not decode or fails its checksum.',
    remedy: 'Restore the log folder from a copy, or rebuild the range from another replica.',
  },
  LOG_CORRUPT: {
    kind: 'corrupt',
    meaning: 'A log file is damaged before its last durable position.',
    remedy: 'Restore the file from a copy. It is never truncated automatically: acknowledged events would be lost.',
  },
  SEGMENT_CORRUPT: {
    kind: 'corrupt',
    meaning: 'A segment does not decode or fails a checksum.',
    remedy: 'Restore the object from a copy, or rebuild its range from the log.',
  },
  MANIFEST_CORRUPT: {
    kind: 'corrupt',
    meaning: 'A manifest or reference page does not decode or fails its checksum.',
    remedy: 'Restore the object from a copy, or start from the version before it.',
  },
  FORMAT_UNKNOWN: {
    kind: 'corrupt',
    meaning: 'A version, kind, encoding or field that this build does not know.',
    remedy: 'Run a build at least as new as the one that wrote it.',
  },
  LOG_GAP: {
    kind: 'corrupt',
    meaning: 'The log no longer holds an offset that a manifest still needs.',
    remedy: 'Restore the log, or accept the loss explicitly; a gap is never skipped.',
  },
  LOG_FENCED: {
    kind: 'unavailable',
    meaning: 'Another writer has opened the log; this one may not append any more.',
    remedy: 'Stop this process; only one writer may run.',
  },
  LOG_MISMATCH: {
    kind: 'user',
    meaning: 'The log folder was made with other partitions or another generation.',
    remedy: 'Configure what the folder has, or give the log a new folder; both are fixed when a log is made.',
  },
  LOG_UNAVAILABLE: {
    kind: 'unavailable',
    meaning: 'The log could not make an append durable.',
    remedy: 'Free disk space or repair the disk, then restart the writer; the append was not acknowledged.',
  },
  STORE_UNAVAILABLE: {
    kind: 'unavailable',
    meaning: 'The object store did not answer, or the outcome of a write is not known.',
    remedy: 'Try again; a write with an unknown outcome is resolved by reading it back.',
  },
  OBJECT_MISSING: {
    kind: 'corrupt',
    meaning: 'An object that a manifest names does not exist.',
    remedy: 'Restore the object from a copy, or rebuild its range from the log.',
  },
  CUT_MISMATCH: {
    kind: 'corrupt',
    meaning: 'A written segment does not hold the rows of the tail that it was made from.',
    remedy: 'Nothing was committed and the rows stay in the tail; report it with the shard and segment id.',
  },
  REPLICA_DIVERGED: {
    kind: 'corrupt',
    meaning: 'A committed cut does not hold the rows that this replica applied from the same range of the log.',
    remedy:
      'This replica stopped and keeps its rows. Compare both with the log, then rebuild the range of the wrong one.',
  },
  SHARD_SUPERSEDED: {
    kind: 'unavailable',
    meaning: 'This process slept through a history of its shard: its commit took a version that had been deleted.',
    remedy: 'Restart it; it goes on from the newest manifest.',
  },
  SHARD_MISMATCH: {
    kind: 'user',
    meaning:
      'The shard exists with another range of the ring, or for a log with other partitions or another generation.',
    remedy: 'Configure what its manifest has, or give the shard another name; a range is fixed when a shard is made.',
  },
  INGEST_BUSY: {
    kind: 'unavailable',
    meaning: 'Ingest cannot take a request now: its queue is full, or it is shutting down. No event of it was taken.',
    remedy: 'Send the request again after a pause.',
  },
  EVENT_INVALID: {
    kind: 'user',
    meaning: 'An event breaks a rule of the data model.',
    remedy: 'Correct the field that the message names and send the event again.',
  },
  REQUEST_INVALID: {
    kind: 'user',
    meaning: 'An HTTP request is malformed: its headers, its encoding, its parameters or the shape of its body.',
    remedy: 'Correct what the message names; the same request fails again.',
  },
  REQUEST_TOO_LARGE: {
    kind: 'user',
    meaning: 'An HTTP request is over a limit of size: bytes after decompression, events, lists and objects.',
    remedy: 'Send it in parts.',
  },
  NOT_FOUND: {
    kind: 'user',
    meaning: 'Nothing is served at this path or by this method.',
    remedy: 'Compare path and method with the reference.',
  },
  NOT_PROVIDED: {
    kind: 'user',
    meaning: 'The reference system has this endpoint and Anabranch does not.',
    remedy: 'Nothing was stored; switch the call off in the sender.',
  },
  CREDENTIALS_INVALID: {
    kind: 'user',
    meaning: 'The token, or the user and secret, do not open this project for this kind of access.',
    remedy: 'Compare them with the access table; a token has one kind of access, ingest or query.',
  },
  RATE_LIMITED: {
    kind: 'user',
    meaning: 'A project sent more than its quota. Nothing of the request was stored.',
    remedy: 'Send it again after the time that Retry-After names, or raise the quota.',
  },
  QUERY_INVALID: {
    kind: 'user',
    meaning: 'A query document breaks the schema or asks for something that does not exist.',
    remedy: 'Correct the path that the message names.',
  },
  QUERY_TOO_LARGE: {
    kind: 'user',
    meaning: 'A query would need more memory or groups than its limit.',
    remedy: 'Narrow the time range, the filter or the breakdown, or raise the limit.',
  },
  QUERY_CANCELLED: {
    kind: 'user',
    meaning: 'The query was cancelled or ran past its deadline.',
    remedy: 'Raise the deadline or narrow the query.',
  },
  OFFSET_UNAVAILABLE: {
    kind: 'unavailable',
    meaning: 'The replica cannot answer at the offset vector asked for: not applied yet, or no longer kept.',
    remedy: 'Try again, ask another replica, or ask without a vector.',
  },
  LEADER_STALE: {
    kind: 'unavailable',
    meaning: 'A command of an operator that is no longer the leader: a later one has been heard.',
    remedy: 'Nothing was changed. The operator with the higher term goes on; this one has to campaign again.',
  },
  SETTINGS_INVALID: {
    kind: 'user',
    meaning: 'The settings that a process was given are not valid.',
    remedy: 'Correct the field that is named.',
  },
  ROUTING_STALE: {
    kind: 'unavailable',
    meaning: 'A request was sent by a routing map that is older than the shard it names.',
    remedy: 'Fetch the current routing map and send the request again.',
  },
  SHARD_UNAVAILABLE: {
    kind: 'unavailable',
    meaning: 'No replica of a shard answered within the deadline of the query.',
    remedy: 'Try again; if it stays, look at the readiness of the replicas of the shard that the message names.',
  },
  REPLICA_NOT_READY: {
    kind: 'unavailable',
    meaning: 'A replica does not answer queries now: it starts, or it is not known to agree with the log.',
    remedy: 'Ask another replica of the shard; its status says why this one does not serve.',
  },
  KUBE_UNAVAILABLE: {
    kind: 'unavailable',
    meaning: 'The Kubernetes API server gave no answer, or one that is none. A write may have happened.',
    remedy: 'It is tried again; if it stays, check the address, the network policy and the health of the API server.',
  },
  LEADER_LOST: {
    kind: 'unavailable',
    meaning: 'This operator process is no longer the leader; what it was about to do was not done.',
    remedy:
      'Nothing to do: another process leads, or this one is elected anew. If it repeats, look at load and API latency.',
  },
  KUBECONFIG_INVALID: {
    kind: 'user',
    meaning: 'No usable way to the Kubernetes API server: kubeconfig, environment or exec plugin.',
    remedy: 'Correct what the message names; `kubectl config view` shows what is read.',
  },
  MESSAGE_CORRUPT: {
    kind: 'corrupt',
    meaning: 'A message between processes is not of the form that this build knows.',
    remedy: 'Run builds of one version, or of two that follow each other.',
  },
  ROUTING_INVALID: {
    kind: 'user',
    meaning: 'A routing map breaks the schema or does not cover the ring exactly once.',
    remedy: 'Correct the path that the message names.',
  },
  ACCESS_INVALID: {
    kind: 'user',
    meaning: 'A table of projects and tokens breaks the schema.',
    remedy: 'Correct the path that the message names.',
  },
  KIND_INVALID: {
    kind: 'user',
    meaning: 'An object of one of the four kinds, or a quantity in it, is not of the form that this build reads.',
    remedy: 'Correct the field that the message names; `kubectl explain` describes it.',
  },
} as const satisfies Record<string, CodeEntry>

export type Code = keyof typeof codes
