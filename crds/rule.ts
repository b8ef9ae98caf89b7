/**
 * A rule that a field's schema alone cannot say: one CEL expression for the API server and one function for this program,
 * which give the same verdict (`crds/testdata/verdicts.yaml` holds them to it).
 *
 * A rule is attached to a schema and seen by whoever walks it: the generator writes it into the CRD, `judge` evaluates it.
 * A rule with `oldSelf` is a transition rule: it is asked only when the object exists already, and the field too.
 */
import { z } from 'zod'

/** The value of a field as the API server would show it: defaults applied, plain JSON. */
// biome-ignore lint/suspicious/noExplicitAny: a rule reads the fields that its schema declares; the schema is what types them.
export type Field = any

export interface Rule {
  /** The CEL expression. It names `oldSelf` exactly when `holds` takes a second parameter that it needs. */
  readonly cel: string
  /** What to do, in the words of the person who has to do it. Used where the message needs no value. */
  readonly message: string
  /** A CEL expression of the message, where it names a value; `says` gives the same text. */
  readonly messageExpression?: string
  readonly says?: (self: Field, oldSelf: Field) => string
  /** Where the fault is, relative to the schema that carries the rule, for example `.spec.deletion.confirm`. */
  readonly fieldPath?: string
  readonly holds: (self: Field, oldSelf: Field) => boolean
}

const book = z.registry<{ readonly rules: readonly Rule[] }, z.ZodType>()

/** Attaches rules to a schema and returns it. A copy that zod makes of it later, to describe it, has them too. */
export function ruled<T extends z.ZodType>(schema: T, ...rules: readonly Rule[]): T {
  book.add(schema, { rules: [...rulesOf(schema), ...rules] })
  return schema
}

export function rulesOf(schema: z.core.$ZodType): readonly Rule[] {
  return book.get(schema as z.ZodType)?.rules ?? []
}

export function isTransition(rule: Rule): boolean {
  return rule.cel.includes('oldSelf')
}

/** A field that is always there keeps its value. */
export function fixed(message: string): Rule {
  return { cel: 'self == oldSelf', message, holds: (self, oldSelf) => self === oldSelf }
}

/**
 * Optional fields that are fixed: neither changed, nor added, nor taken away. Asked of their parent, since a rule on the field
 * itself is not asked when the field comes or goes.
 */
export function fixedOptional(name: string, message: string): Rule {
  return {
    cel: `has(self.${name}) == has(oldSelf.${name}) && (!has(self.${name}) || self.${name} == oldSelf.${name})`,
    message,
    fieldPath: `.${name}`,
    holds: (self, oldSelf) => JSON.stringify(self[name]) === JSON.stringify(oldSelf[name]),
  }
}
