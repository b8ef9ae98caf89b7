/**
 * Watches what replicas find out about each other (AUD-1):
 *
 * - where no replica has a defect, none ever finds a divergence;
 * - where one has, the record that is named is the damaged one or a later copy that it should have masked, wrong answers
 *   come from nobody but that replica and who starts from what it cut, and from them only until they have compared
 *   themselves with the log.
 *
 * That in the end all agree with the log is held against the manifests (`manifests.ts`) and the last answers.
 */
import type { ReplicaHost } from '../../dataplane/roles/replica/host.ts'
import type { Shard } from '../../dataplane/shard/shard.ts'
import type { Life } from '../kernel/life.ts'
import type { World } from '../world.ts'
import { violated } from './violation.ts'

export class AuditCheck {
  readonly #world: World
  readonly #hosts = new Map<Life, ReplicaHost>()
  /** Shards that were given a wrong record. */
  readonly #tainted = new Set<Shard>()

  constructor(world: World) {
    this.#world = world
  }

  began(life: Life, host: ReplicaHost): void {
    this.#hosts.set(life, host)
  }

  /** The defect has shown in a process. */
  damaged(life: Life): void {
    this.#world.state(`defect: ${this.#world.plan.defect!.kind}`)
    this.#world.trace.add(`  ${life} is given a wrong record: ${JSON.stringify(this.#world.defect!.place)}`)
    const shard = this.#hosts.get(life)!.current
    if (shard !== undefined) this.#tainted.add(shard)
  }

  /** A replica has found that a committed cut and its rows differ. */
  diverged(life: Life): void {
    this.#world.state('divergence found')
    this.#world.watch(() => {
      if (this.hasDefect) return
      violated('AUD-1', `${life} finds that it and a manifest differ, though no replica has a defect`)
    })
  }

  /** What a replica says about a divergence names a row that is not as in the log because of the defect, if it names any. */
  named(life: Life, message: string): void {
    const found = /record (\d+) of partition (\d+)/.exec(message)
    const place = this.#world.defect?.place
    if (found === null || place === undefined) return
    const [, offset, partition] = found.map(Number)
    this.#world.state('divergence named')
    if (offset! >= place.offset && partition === place.partition) return
    violated('AUD-1', `${life} names another record than ${JSON.stringify(place)}, which is damaged: ${message}`)
  }

  /** Whether a defect has shown. */
  get hasDefect(): boolean {
    return this.#world.defect?.place !== undefined
  }

  /** Whether the rows of a replica may still be wrong without anybody's fault but the defect's. */
  mayBeWrong({ current, auditor, status }: ReplicaHost): boolean {
    // Who knows that it is wrong has no excuse.
    if (!this.hasDefect || current === undefined || status.state !== 'serving') return false
    return this.#tainted.has(current) || auditor.state !== 'audited'
  }
}
