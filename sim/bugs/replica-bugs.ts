/**
 * Bugs of one replica, while the other is sound; and audits, hand-overs and health checks that overlook what they are
 * there for, with a defect of one replica to overlook (`defect.ts`).
 */
import type { LogReader } from '../../dataplane/core/ports.ts'
import { FileLog } from '../../dataplane/log/file-log/file-log.ts'
import { Auditor } from '../../dataplane/roles/replica/auditor.ts'
import { ReplicaHost } from '../../dataplane/roles/replica/host.ts'
import { type DefectPlan, damagedRecord } from '../defect.ts'
import type { Plan } from '../plan.ts'
import { readThrough } from '../read-through.ts'
import { type Bug, patched } from './bug.ts'
import { unmasking } from './shard-bugs.ts'

/** The replica that has the bug. */
const one = 's0b'

const defectOf = ({ defect }: Plan): DefectPlan =>
  defect ?? { process: 's0a', kind: 'alter', record: 2, isLasting: false }

/** One replica has a defect, cuts come often, and so do starts from what it has cut; others are slow to say what they read. */
const cutsAndRestarts = (plan: Plan): Partial<Plan> => ({
  defect: defectOf(plan),
  suddenDeath: 0.3,
  lostWord: 0.8,
  queries: 12,
  limits: { ...plan.limits, segmentRowsMax: 2, cutAgeMs: 1_000 },
})

export const replicaBugs = {
  'one-replica-drops': {
    story: 'one of two replicas loses an event of each third record',
    breaks: 'AUD-1',
    seams: () => ({ reader: inOne('drop') }),
  },
  'one-replica-doubles': {
    story: 'one of two replicas applies an event of each third record twice',
    breaks: 'AUD-1',
    seams: () => ({ reader: inOne('double') }),
  },
  'one-replica-alters': {
    story: 'one of two replicas changes a property of an event of each third record',
    breaks: 'AUD-1',
    seams: () => ({ reader: inOne('alter') }),
  },
  'one-replica-unmasks': {
    story: 'merging runs loses the marks of copies, in one of two replicas',
    breaks: 'DED-1',
    seams: () => ({ tasks: (tasks, process) => (process === one ? unmasking(tasks) : tasks) }),
  },
  'start-unaudited': {
    story: 'a replica takes for right what it starts from',
    breaks: 'AUD-1',
    shape: cutsAndRestarts,
    seams: () => ({
      patch: () =>
        patched(Auditor.prototype, 'checkOpened', function (this: Auditor) {
          return async () => {
            this.passed()
            return 'go on'
          }
        }),
    }),
  },
  'start-audits-newest': {
    story: 'a replica that starts compares the newest version with the log, and none before it',
    breaks: 'AUD-1',
    shape: cutsAndRestarts,
    seams: () => ({ auditor: (options) => ({ ...options, startRowsMax: 0 }) }),
  },
  'own-word-is-enough': {
    story: 'a replica rebuilds a range from the log as it reads it, without asking another',
    breaks: 'MAN-1',
    shape: (plan) => ({ ...cutsAndRestarts(plan), defect: { ...defectOf(plan), isLasting: true } }),
    seams: () => ({
      auditor: (options) => ({
        ...options,
        peers: { count: 0, opinions: async () => [], distrust: (...args) => options.peers.distrust(...args) },
      }),
    }),
  },
  'who-differs-gives-in': {
    story: 'a replica whose rows differ from a cut takes the cut for right',
    breaks: 'AUD-1',
    shape: cutsAndRestarts,
    seams: () => ({ patch: () => patched(Auditor.prototype, 'settle', () => async () => 'start anew') }),
  },
  'cut-acquits': {
    story: 'a replica that knows that it is wrong cuts, and takes that for the proof that it is right',
    breaks: 'QRY-1',
    shape: cutsAndRestarts,
    seams: () => ({
      patch: () =>
        patched(Auditor.prototype, 'adopted', function (this: Auditor) {
          return () => {
            if (this.state === 'diverged') this.passed()
          }
        }),
    }),
  },
  'wrong-goes-on': {
    story: 'a replica that knows that it is wrong answers all the same',
    breaks: 'QRY-1',
    shape: cutsAndRestarts,
    seams: () => ({
      patch: () =>
        patched(ReplicaHost.prototype, 'serving', function (this: ReplicaHost, serving) {
          return () => this.current ?? serving()
        }),
    }),
  },
  'trimmed-unaudited': {
    story: 'the log is trimmed up to what the newest manifest has, whether every replica has compared it or not',
    breaks: 'AUD-1',
    seams: () => ({ trim: (_, { newest }) => newest }),
  },
  'fence-unnoticed': {
    story: 'a writer that was replaced finds out at its next append only, and who reads from it waits for ever',
    breaks: 'QRY-1',
    shape: () => ({ zombie: 0.5, isOldWriterIdle: true, hotOneIn: 0, suddenDeath: 0 }),
    seams: () => ({ patch: () => patched(FileLog.prototype, 'check', () => async () => undefined) }),
  },
} as const satisfies Record<string, Bug>

/** A reader that damages each third record, in one replica. */
function inOne(kind: DefectPlan['kind']): (reader: LogReader, process: string) => LogReader {
  let records = 0
  return (reader, process) => {
    if (process !== one) return reader
    return readThrough(reader, (entry) =>
      records++ % 3 === 0 ? { ...entry, bytes: damagedRecord(entry, kind) } : entry,
    )
  }
}
