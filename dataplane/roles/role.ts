/**
 * What a role is to the process that runs it. One process runs one role.
 */
import type { Registry } from 'prom-client'
import type { z } from 'zod'
import type { Background, Clock, Disk, Random } from '../core/ports.ts'
import type { AdminContext } from '../rpc/admin-service.ts'
import type { SettingsHolder } from '../settings/holder.ts'
import type { Flags } from './flags.ts'

/** `starting`: not yet; `serving`: takes work; `stuck`: alive and unable, `reason` says why; `draining`: finishes and leaves. */
export type RoleState = 'starting' | 'serving' | 'stuck' | 'draining'

export interface RoleStatus {
  readonly state: RoleState
  /** What it waits for or what is wrong; empty while serving. */
  readonly reason: string
}

export interface RoleContext extends AdminContext {
  readonly clock: Clock
  readonly random: Random
  readonly disk: Disk
  /** Tasks of shards, off the serving thread. */
  readonly background: Background
  readonly metrics: Registry
  readonly settings: SettingsHolder
}

export interface RunningRole {
  status(): RoleStatus
  /** `name=address` of what it serves, for the first log line and for tests that asked for port 0. */
  readonly endpoints: Readonly<Record<string, string>>
  /** Takes no new work, finishes what runs, makes durable what it promised. Bounded by the frame. */
  drain(): Promise<void>
}

export interface Role<Schema extends Flags = Flags> {
  readonly name: string
  /** One line for `--help`. */
  readonly summary: string
  readonly flags: Schema
  /** Throws when it cannot start; the process then says why and exits with 1. */
  start(context: RoleContext, flags: z.infer<Schema> & { readonly host: string }): Promise<RunningRole>
}
