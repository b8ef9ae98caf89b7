/**
 * How much a project may ask of this query pod (QRY-2): queries at a time, and bytes that they scan.
 *
 * Scanned bytes are known when a query has run, so they are a debt: a project that is over its budget waits
 * until it is paid off. One project's budget is none of another's.
 */
import { UserError } from '../../../common/errors/errors.ts'
import type { ProjectAccess } from '../../access/table.ts'
import type { Clock } from '../../core/ports.ts'

export interface AdmissionOptions {
  readonly clock: Clock
  /** Queries at a time of a project that has no quota of its own. */
  readonly concurrentQueries: number
}

interface Account {
  running: number
  /** Bytes scanned and not paid off yet. */
  debt: number
  /** Monotonic ms of the debt. */
  sinceMs: number
}

export interface Admitted {
  /** Bytes that the query has scanned. */
  charge(bytes: number): void
  /** The query is over. May be called twice. */
  leave(): void
}

/** When to try again where it is not known when a running query ends. */
const busyRetryMs = 1_000

export class Admission {
  readonly #options: AdmissionOptions
  readonly #accounts = new Map<string, Account>()

  constructor(options: AdmissionOptions) {
    this.#options = options
  }

  /** Throws `UserError` `RATE_LIMITED` (429). */
  enter(project: ProjectAccess): Admitted {
    const account = this.#account(project)
    const { concurrentQueries = this.#options.concurrentQueries, scanBytesPerMinute } = project.quotas
    if (account.running >= concurrentQueries) {
      const what = `project ${project.id} runs ${account.running} queries, want at most ${concurrentQueries} at a time`
      throw limited(what, busyRetryMs)
    }
    if (scanBytesPerMinute !== undefined && account.debt >= scanBytesPerMinute) {
      const waitMs = ((account.debt - scanBytesPerMinute) / scanBytesPerMinute) * 60_000
      throw limited(`project ${project.id} scanned more than ${scanBytesPerMinute} bytes in a minute`, waitMs)
    }
    account.running++
    let isOver = false
    return {
      charge: (bytes) => {
        account.debt += bytes
      },
      leave: () => {
        if (!isOver) account.running--
        isOver = true
      },
    }
  }

  /** With the debt that is left. */
  #account({ id, quotas }: ProjectAccess): Account {
    const nowMs = this.#options.clock.monotonic()
    let account = this.#accounts.get(id)
    if (account === undefined) {
      account = { running: 0, debt: 0, sinceMs: nowMs }
      this.#accounts.set(id, account)
    }
    const paid = ((nowMs - account.sinceMs) / 60_000) * (quotas.scanBytesPerMinute ?? Number.POSITIVE_INFINITY)
    // Without a budget nothing is owed; 0 ms of no limit is no number.
    account.debt = Number.isNaN(paid) ? account.debt : Math.max(0, account.debt - paid)
    account.sinceMs = nowMs
    return account
  }
}

function limited(what: string, retryAfterMs: number): UserError {
  return new UserError('RATE_LIMITED', what, { status: 429, retryable: true, retryAfterMs })
}
