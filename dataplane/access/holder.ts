/**
 * The access table in force in one process, with the lookups that requests need.
 *
 * Secrets are compared by hash, so that the time of a comparison says nothing about the secret.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import { type Access, type AccessTable, type ProjectAccess, parseAccessTable } from './table.ts'

interface Grant {
  readonly project: ProjectAccess
  readonly access: Access
}

interface Account {
  readonly hash: Buffer
  readonly projects: ReadonlySet<string>
  readonly access: ReadonlySet<Access>
}

export class AccessHolder {
  #table!: AccessTable
  #grants = new Map<string, Grant>()
  #accounts = new Map<string, Account>()
  #projects = new Map<string, ProjectAccess>()

  constructor(initial: AccessTable) {
    this.#take(initial)
  }

  get version(): number {
    return this.#table.version
  }

  /** Takes a newer table; answers with the version in force. Throws `UserError` for a table that is wrong. */
  push(text: string): number {
    const table = parseAccessTable(text, 'pushed access table')
    if (table.version > this.#table.version) this.#take(table)
    return this.#table.version
  }

  project(id: string): ProjectAccess | undefined {
    return this.#projects.get(id)
  }

  /** The project that a token opens for this kind of access. */
  byToken(token: string, access: Access): ProjectAccess | undefined {
    const grant = this.#grants.get(digest(token).toString('base64'))
    return grant?.access === access ? grant.project : undefined
  }

  /** The project, when the account's secret is right and it may use that project so. */
  byAccount(user: string, secret: string, wanted: { project: string; access: Access }): ProjectAccess | undefined {
    const account = this.#accounts.get(user)
    const given = digest(secret)
    // Compared even for an unknown user, so that the time does not tell which users exist.
    const right = timingSafeEqual(given, account?.hash ?? digest(`no ${user}`))
    const may = account?.projects.has(wanted.project) === true && account.access.has(wanted.access)
    return right && may ? this.#projects.get(wanted.project) : undefined
  }

  #take(table: AccessTable): void {
    this.#table = table
    this.#projects = new Map(table.projects.map((project) => [project.id, project]))
    this.#grants = new Map(
      table.projects.flatMap((project) =>
        project.tokens.map(({ token, access }): [string, Grant] => [
          digest(token).toString('base64'),
          { project, access },
        ]),
      ),
    )
    this.#accounts = new Map(
      table.serviceAccounts.map(({ user, secret, projects, access }) => [
        user,
        { hash: digest(secret), projects: new Set(projects), access: new Set(access) },
      ]),
    )
  }
}

function digest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}
