/**
 * The seam between the demo and what it runs on: where to POST events, where to POST queries, with which tokens.
 *
 * A cluster is brought up, used over HTTP like any other, and stopped. Whether it is five processes (`demo/local/`) or
 * declared to an operator, the rest of the demo does not know.
 */

/** A project with a token for each access. */
export interface ProjectTokens {
  readonly id: string
  readonly ingestToken: string
  readonly queryToken: string
}

export interface Endpoints {
  /** Base URL of `/import`. */
  readonly ingest: string
  /** Base URL of `/v1/query`. */
  readonly query: string
}

/** A part that is being started. Told again with `ready` when it is. */
export interface Step {
  readonly name: string
  readonly ready: boolean
}

export interface Cluster {
  /**
   * Resolves when events and queries are taken for all projects. What an earlier start stored is there again.
   * Throws `Fault` for what the user can put right. `stop` is called after it, also when it throws.
   */
  start(projects: readonly ProjectTokens[], told: (step: Step) => void): Promise<Endpoints>
  /** Resolves with what ended by itself and should not have. */
  ended(): Promise<string>
  /** Leaves no process behind. What was stored stays. */
  stop(): Promise<void>
}
