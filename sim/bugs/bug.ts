/** What a planted bug is, and how one gets into a class. */
import type { Plan } from '../plan.ts'
import type { Seams } from '../seams.ts'

export interface Bug {
  /** What somebody got wrong. */
  readonly story: string
  /** The promise that it breaks first, mostly; others may show it too. */
  readonly breaks: string
  /** For one that shows seldom: what its histories have, whatever the seed. */
  readonly shape?: (plan: Plan) => Partial<Plan>
  /** Fresh for each history, since a seam may remember. */
  readonly seams: () => Seams
}

/** Puts a changed method into a class; gives the way back. */
export function patched<Class extends object, Name extends keyof Class>(
  prototype: Class,
  name: Name,
  change: (this: Class, method: Class[Name]) => Class[Name],
): () => void {
  const method = prototype[name]
  prototype[name] = function (this: Class, ...args: unknown[]) {
    const bound = (...inner: unknown[]) => (method as (...all: unknown[]) => unknown).apply(this, inner)
    return (change.call(this, bound as Class[Name]) as (...all: unknown[]) => unknown)(...args)
  } as Class[Name]
  return () => {
    prototype[name] = method
  }
}
