/**
 * A data plane without data: a process for each pod that runs, with just the state that the operator asks for.
 *
 * Processes start with what is mounted, take what is pushed, refuse lower leader terms, and can be made to hang,
 * to differ, or to fall behind. Does not: hold events; the real processes do, in the tests with a real API server.
 */
import { UnavailableError } from '../../../common/errors/errors.ts'
import { parseRoutingMap } from '../../../dataplane/routing/map.ts'
import type { DataPlane, PodAt } from '../../../operator/admin/port.ts'
import type { Push } from '../../../operator/plan/action.ts'
import type { PodEvidence, ShardEvidence } from '../../../operator/plan/evidence.ts'

export interface SimulatedProcess {
  readonly pod: string
  readonly uid: string
  readonly address: string
  readonly role: string
  readonly shard: string | undefined
  state: PodEvidence['state']
  reason: string
  map: string
  accessVersion: number
  settingsVersion: number
  leaderTerm: number
  audit: ShardEvidence['audit']
  manifestVersion: number
  lateForMs: number
  /** Alive, silent. */
  hangs: boolean
}

export class SimulatedPlane implements DataPlane {
  readonly processes = new Map<string, SimulatedProcess>()
  /** Every command that was taken, as `term pod what`. */
  readonly commands: string[] = []

  of(pod: string): SimulatedProcess {
    const found = [...this.processes.values()].find((one) => one.pod === pod)
    if (found === undefined) throw new Error(`no program of pod ${pod}`)
    return found
  }

  async status({ uid, address }: PodAt): Promise<PodEvidence | undefined> {
    const program = [...this.processes.values()].find((one) => one.address === address)
    if (program === undefined || program.hangs || program.uid !== uid) return undefined
    const { state, reason, accessVersion, settingsVersion, leaderTerm } = program
    const routingEpoch = program.map === '' ? 0 : parseRoutingMap(program.map, 'map').routingEpoch
    const shards = program.shard === undefined ? [] : [shardOf(program, program.shard)]
    return {
      instance: uid,
      state,
      reason,
      version: '0',
      routingEpoch,
      accessVersion,
      settingsVersion,
      leaderTerm,
      shards,
    }
  }

  async push({ pod, what, text }: Push, leaderTerm: number): Promise<void> {
    const program = this.processes.get(pod.uid)
    if (program === undefined || program.hangs) throw new UnavailableError('REPLICA_NOT_READY', `${pod.name} is silent`)
    if (leaderTerm < program.leaderTerm) throw new UnavailableError('LEADER_STALE', `term ${leaderTerm}`)
    program.leaderTerm = leaderTerm
    this.commands.push(`${leaderTerm} ${pod.name} ${what}`)
    // As the real ones: what is not newer than what they have changes nothing.
    if (what === 'routing map') program.map = newerMap(program, text)
    else if (what === 'access table') program.accessVersion = Math.max(program.accessVersion, versionOf(text))
    else program.settingsVersion = Math.max(program.settingsVersion, versionOf(text))
  }
}

function newerMap({ map }: SimulatedProcess, text: string): string {
  const [has, given] = [map, text].map((one) => (one === '' ? 0 : parseRoutingMap(one, 'map').routingEpoch))
  return given! > has! ? text : map
}

export const mapOf = ({ map }: Pick<SimulatedProcess, 'map'>) => parseRoutingMap(map, 'map of a process')

export const versionOf = (text: string) => (JSON.parse(text) as { version: number }).version

function shardOf({ map, pod, audit, manifestVersion, lateForMs }: SimulatedProcess, id: string): ShardEvidence {
  const line = parseRoutingMap(map, 'map').shards.find((one) => one.id === id)
  return {
    id,
    isPrimary: line?.primary === pod,
    manifestVersion,
    audit,
    lateForMs,
    auditMessage: audit === 'audited' ? '' : audit,
  }
}
