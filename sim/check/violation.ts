/** A promise of `docs/concepts/promises.md` that a history broke. The message says which, where, got and want. */
export class Violation extends Error {
  override readonly name = 'Violation'
  readonly promise: string

  constructor(promise: string, message: string) {
    super(`${promise}: ${message}`)
    this.promise = promise
  }
}

/** Always throws `Violation`. */
export function violated(promise: string, message: string): never {
  throw new Violation(promise, message)
}
