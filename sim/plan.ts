/**
 * What one seed's history is made of: how much of everything happens, and which faults at all. Each run
 * switches most kinds of fault off (swarm testing): what always happens hides what happens seldom.
 *
 * Does not: decide single events; the actors draw those from the same seed.
 */
import { type DefectPlan, defectKinds } from './defect.ts'
import type { HotPlan } from './hot-labels.ts'
import type { SeededRandom } from './random.ts'

export interface Plan extends HotPlan {
  readonly partitions: number
  /** Where the ring is cut into shards; none: one shard. */
  readonly bounds: readonly number[]
  /** Whether objects lie in a folder on the log's machine, where then the shards run too, or in a bucket. */
  readonly isFolder: boolean
  /** Whether each replica of a shard starts in the belief that it is the primary. */
  readonly hasTwoPrimaries: boolean
  /** Probability that another primary is named, every second or so. */
  readonly handOver: number
  /** What is wrong with one of the replicas, if anything. */
  readonly defect: DefectPlan | undefined
  readonly requests: number
  readonly queries: number
  /** Probability that some process is killed, every second or so. */
  readonly suddenDeath: number
  /** Probability that a crash of the log process cuts the machine's power. */
  readonly powerCut: number
  /** Probability that the log process is started again while the old one still runs. */
  readonly zombie: number
  /** Whether clients go to the newest log process alone, so that nobody tells one that was replaced. */
  readonly isOldWriterIdle: boolean
  readonly disk: { readonly io: number; readonly sync: number; readonly full: number; readonly shortReads: number }
  readonly store: { readonly fail: number; readonly loseReply: number; readonly late: number; readonly outage: number }
  /** Probability that a request to ingest or to the log, or its reply, gets lost. */
  readonly lostMessage: number
  /** Probabilities that a message between replicas, or from the operator, gets lost, comes twice, or late and so after a later one. */
  readonly lostWord: number
  readonly doubledWord: number
  readonly lateWord: number
  /** Probability that a wall clock jumps, every second or so. */
  readonly clockJump: number
  readonly hurry: number
  /** Relative speed of each process, by name. */
  readonly speeds: ReadonlyMap<string, number>
  /** Limits of the shards, small enough that a few events make cuts and merges. */
  readonly limits: {
    readonly segmentRowsMax: number
    readonly runRowsMax: number
    readonly runsPerClass: number
    readonly cutAgeMs: number
    readonly cutTickMs: number
    readonly followMs: number
    readonly retryMs: number
    readonly queryDeadlineMs: number
    readonly readBytesMax: number
    readonly inlineReferencesMax: number
  }
  /** Bytes at which the log begins a new file. */
  readonly logFileBytes: number
}

/** Names of all processes that any plan has. */
const processes = ['log', 's0a', 's0b', 's1a', 's1b']

export function drawPlan(random: SeededRandom): Plan {
  const sometimes = (value: number) => (random.chance(0.4) ? value : 0)
  return {
    partitions: random.pick([1, 2, 2, 4]),
    bounds: random.chance(0.3) ? [0x60000000] : [],
    isFolder: random.chance(0.15),
    hasTwoPrimaries: random.chance(0.5),
    handOver: random.pick([0, 0.1, 0.5]),
    defect: random.chance(0.5) ? drawDefect(random) : undefined,
    requests: 3 + random.below(10),
    queries: 3 + random.below(6),
    hotOneIn: random.pick([0, 8, 8, 16, 40]),
    hotSalt: random.uint32(),
    crashesMax: random.pick([2, 5, 12]),
    suddenDeath: sometimes(0.3),
    powerCut: random.pick([0, 0.6, 1]),
    zombie: sometimes(0.4),
    isOldWriterIdle: random.chance(0.7),
    disk: { io: sometimes(0.01), sync: sometimes(0.2), full: sometimes(0.01), shortReads: sometimes(0.3) },
    store: { fail: sometimes(0.1), loseReply: sometimes(0.15), late: sometimes(0.1), outage: sometimes(0.02) },
    lostMessage: sometimes(0.1),
    lostWord: sometimes(0.5),
    doubledWord: sometimes(0.3),
    lateWord: sometimes(0.5),
    clockJump: sometimes(0.3),
    hurry: random.pick([0.02, 0.1, 0.3]),
    speeds: new Map(processes.map((name) => [name, random.pick([0.1, 1, 1, 3])])),
    limits: {
      segmentRowsMax: random.pick([2, 5, 12, 40]),
      runRowsMax: random.pick([1, 4, 8]),
      runsPerClass: 4,
      cutAgeMs: random.pick([1_000, 4_000, 60_000]),
      cutTickMs: random.pick([500, 2_000]),
      followMs: 3_000,
      retryMs: 1_000,
      readBytesMax: random.pick([1, 1_000, 1 << 20]),
      queryDeadlineMs: random.pick([2_000, 30_000]),
      inlineReferencesMax: random.pick([2, 4, 256]),
    },
    logFileBytes: random.pick([400, 400, 2_000, 1 << 26]),
  }
}

function drawDefect(random: SeededRandom): DefectPlan {
  return {
    process: random.pick(['s0a', 's0b']),
    kind: random.pick(defectKinds),
    record: 1 + random.below(4),
    isLasting: random.chance(0.3),
  }
}
