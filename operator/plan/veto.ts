/**
 * Vetoes (OPR-1): before each destructive act an ordered list of named predicates is asked, and the first that
 * objects is the reason why nothing happens, shown in status, event and metric under its name.
 *
 * A predicate answers `undefined` only when it knows that the act is fine.
 */

export interface Objection {
  readonly message: string
}

export interface Predicate<Facts> {
  /** CamelCase; stable: people and alerts match on it. */
  readonly name: string
  object(facts: Facts): Objection | undefined
}

export interface Veto {
  readonly veto: string
  readonly message: string
}

/** An act that was not carried out, as `status.blocked` shows it. */
export interface Blocked extends Veto {
  /** `RestartReplica`, `RemoveReplica`, … */
  readonly act: string
  readonly object: string
}

export function vetoOf<Facts>(predicates: readonly Predicate<Facts>[], facts: Facts): Veto | undefined {
  for (const { name, object } of predicates) {
    const objection = object(facts)
    if (objection !== undefined) return { veto: name, message: objection.message }
  }
  return undefined
}
