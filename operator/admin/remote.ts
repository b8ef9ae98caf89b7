/**
 * The data plane over gRPC: a channel for each pod that is asked, closed when nobody asked for a while.
 *
 * Answers of a pod with another uid than the one that was asked for are dropped: addresses are given out again.
 */
import { unavailable } from '../../common/errors/errors.ts'
import type { Clock } from '../../dataplane/core/ports.ts'
import { plainText } from '../../dataplane/rpc/credentials.ts'
import { connectAdmin, type RemoteAdmin } from '../../dataplane/rpc/remote-admin.ts'
import type { StatusResponse } from '../../proto/generated/anabranch/v1/admin.ts'
import type { Push } from '../plan/action.ts'
import type { PodEvidence, ShardEvidence } from '../plan/evidence.ts'
import type { DataPlane, PodAt } from './port.ts'

const timeoutMs = 2_000
/** Channels that were not used for so long are closed. */
const idleMs = 120_000

interface Channel {
  readonly admin: (leaderTerm: number) => RemoteAdmin
  readonly close: () => void
  usedMs: number
}

export class RemoteDataPlane implements DataPlane {
  readonly #clock: Clock
  readonly #channels = new Map<string, Channel>()
  #sweptMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async status({ uid, address }: PodAt): Promise<PodEvidence | undefined> {
    try {
      const said = await this.#admin(address, 0).status()
      return said.instance === uid ? evidenceFrom(said) : undefined
    } catch {
      // Pods start and stop; who waits for one says so in a status.
      return undefined
    }
  }

  async push({ what, pod, text }: Push, leaderTerm: number): Promise<void> {
    const admin = this.#admin(pod.address, leaderTerm)
    const { instance } = await admin.status()
    if (instance !== pod.uid) unavailable('REPLICA_NOT_READY', `${pod.address} is not pod ${pod.name} any more`)
    if (what === 'routing map') await admin.pushRoutingMap(text)
    else if (what === 'access table') await admin.pushAccess(text)
    else await admin.pushSettings(text)
  }

  close(): void {
    for (const { close } of this.#channels.values()) close()
    this.#channels.clear()
  }

  #admin(address: string, leaderTerm: number): RemoteAdmin {
    const now = this.#clock.monotonic()
    if (now - this.#sweptMs > idleMs) this.#sweep(now)
    let channel = this.#channels.get(address)
    if (channel === undefined) {
      channel = this.#open(address)
      this.#channels.set(address, channel)
    }
    channel.usedMs = now
    return channel.admin(leaderTerm)
  }

  #sweep(now: number): void {
    this.#sweptMs = now
    for (const [address, channel] of this.#channels) {
      if (now - channel.usedMs < idleMs) continue
      channel.close()
      this.#channels.delete(address)
    }
  }

  /** One client for each term that commands through it; gRPC shares the connection between them. */
  #open(address: string): Channel {
    const clients = new Map<number, RemoteAdmin>()
    return {
      usedMs: 0,
      admin: (leaderTerm) => {
        let client = clients.get(leaderTerm)
        if (client === undefined) {
          client = connectAdmin({ address, credentials: plainText, clock: this.#clock, timeoutMs, leaderTerm })
          clients.set(leaderTerm, client)
        }
        return client
      },
      close: () => {
        for (const client of clients.values()) client.close()
      },
    }
  }
}

const states = ['starting', 'serving', 'stuck', 'draining'] as const
const audits = ['audited', 'unaudited', 'diverged'] as const

/** `undefined` for words that this operator does not know (a pod of a newer build): nothing is concluded from them. */
function evidenceFrom(said: StatusResponse): PodEvidence | undefined {
  const state = states.find((one) => one === said.state)
  const shards = said.shards.map((shard) => ({
    id: shard.shard,
    isPrimary: shard.primary,
    manifestVersion: shard.manifestVersion,
    audit: audits.find((one) => one === shard.audit),
    auditMessage: shard.auditMessage,
    lateForMs: shard.lateForMs,
  }))
  if (state === undefined || !shards.every(hasAudit)) return undefined
  const { instance, reason, version, routingEpoch, accessVersion, settingsVersion, leaderTerm } = said
  return { instance, state, reason, version, routingEpoch, accessVersion, settingsVersion, leaderTerm, shards }
}

function hasAudit<Shard extends { audit: ShardEvidence['audit'] | undefined }>(
  shard: Shard,
): shard is Shard & { audit: ShardEvidence['audit'] } {
  return shard.audit !== undefined
}
