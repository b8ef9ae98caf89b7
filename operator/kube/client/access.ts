/**
 * How to reach an API server: its address, whom to trust, and who we are, asked anew before each request since tokens and certificates rotate.
 *
 * Does not: read configuration (`kubeconfig.ts`, `in-cluster.ts`) or open connections (`connection.ts`).
 */

export interface Access {
  /** `https://10.96.0.1:443`, perhaps with a path. */
  readonly server: string
  /** Of contexts and pods; what a command without a namespace means. */
  readonly namespace: string
  /** Checks the name of the certificate against this one instead of the host. */
  readonly serverName?: string
  readonly skipVerify?: boolean
  credentials(): Promise<Credentials>
  /** The server refused the last ones (401): do not use a remembered copy again. */
  forget(): void
}

export interface Credentials {
  /** PEM. Absent: the certificates that the system trusts. */
  readonly ca?: string
  readonly token?: string
  /** PEM, both or neither. */
  readonly certificate?: string
  readonly key?: string
}

/** What `credentials` may take from the machine; the real one is `machine.ts`. */
export interface Machine {
  now(): number
  readText(path: string): Promise<string>
  /** Standard output of a program that ended with 0; throws with its standard error otherwise. */
  run(command: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<string>
}

/** Remembers what `load` gave for `forMs`, or until forgotten. Concurrent callers share one load; a failed one is not remembered. */
export function remembered<T>(machine: Machine, forMs: number, load: () => Promise<{ value: T; until?: number }>) {
  let current: { loaded: Promise<T>; until: number } | undefined
  return {
    get(): Promise<T> {
      if (current !== undefined && machine.now() < current.until) return current.loaded
      const entry = { loaded: undefined as unknown as Promise<T>, until: Number.POSITIVE_INFINITY }
      entry.loaded = load().then(
        ({ value, until }) => {
          entry.until = Math.min(until ?? Number.POSITIVE_INFINITY, machine.now() + forMs)
          return value
        },
        (error: unknown) => {
          if (current === entry) current = undefined
          throw error
        },
      )
      current = entry
      return entry.loaded
    },
    forget(): void {
      current = undefined
    },
  }
}
