/**
 * What one seed's history of the operator is made of. Each run switches most kinds of fault off (swarm testing): what always
 * happens hides what happens seldom.
 *
 * Does not: decide single events; the actors draw those from the same seed.
 */

import type { HotPlan } from '../hot-labels.ts'
import type { SeededRandom } from '../random.ts'

export interface Plan extends HotPlan {
  /** Whether it begins with nothing, or with a cluster that serves. */
  readonly begins: 'empty' | 'serving'
  readonly shards: number
  readonly replicas: number
  /** What people want one after the other. */
  readonly wishes: number
  /** Between two wishes, at most. Short: they change their mind in the middle. */
  readonly patienceMs: number
  /** Processes of the operator. */
  readonly processes: number
  /** Probabilities by second or so: a process is killed, told to end, or stopped past its lease and continued. */
  readonly killed: number
  readonly ended: number
  readonly stopped: number
  /** By write. */
  readonly write: {
    readonly lost: number
    readonly unanswered: number
    readonly refused: number
    readonly late: number
  }
  readonly readFailed: number
  readonly watch: {
    readonly lagMs: number
    readonly refused: number
    readonly broken: number
    readonly silent: number
  }
  /** By second or so: the server forgets its history; somebody else writes an object. */
  readonly compacted: number
  readonly touched: number
  /** By question or command to a pod. */
  readonly pod: { readonly unanswered: number; readonly lost: number; readonly late: number }
  /** By second or so. */
  readonly mischief: {
    readonly podFails: number
    readonly podVanishes: number
    readonly containerDies: number
    readonly podHangs: number
    readonly podStuck: number
    readonly diverges: number
    readonly cacheLost: number
    readonly dataLost: number
  }
  readonly hurry: number
}

export function drawPlan(random: SeededRandom): Plan {
  const sometimes = (value: number) => (random.chance(0.35) ? value : 0)
  return {
    begins: random.chance(0.25) ? 'empty' : 'serving',
    shards: random.chance(0.25) ? 2 : 1,
    replicas: random.pick([1, 2, 2, 3]),
    wishes: 1 + random.below(4),
    patienceMs: random.pick([500, 4_000, 15_000]),
    processes: random.pick([1, 2, 2]),
    hotOneIn: random.pick([0, 6, 12, 30]),
    hotSalt: random.uint32(),
    crashesMax: random.pick([2, 4, 8]),
    killed: sometimes(0.06),
    ended: sometimes(0.04),
    stopped: sometimes(0.06),
    write: { lost: sometimes(0.05), unanswered: sometimes(0.08), refused: sometimes(0.05), late: sometimes(0.08) },
    readFailed: sometimes(0.03),
    watch: {
      lagMs: random.pick([0, 0, 300, 3_000]),
      refused: sometimes(0.2),
      broken: sometimes(0.03),
      silent: sometimes(0.01),
    },
    compacted: sometimes(0.1),
    touched: sometimes(0.2),
    pod: { unanswered: sometimes(0.1), lost: sometimes(0.2), late: sometimes(0.2) },
    mischief: {
      podFails: sometimes(0.05),
      podVanishes: sometimes(0.05),
      containerDies: sometimes(0.05),
      podHangs: sometimes(0.08),
      podStuck: sometimes(0.08),
      diverges: sometimes(0.06),
      cacheLost: sometimes(0.03),
      dataLost: random.chance(0.12) ? 0.04 : 0,
    },
    hurry: random.pick([0.02, 0.1, 0.25]),
  }
}
