/** Conditions as every Kubernetes tool reads them, and what the statuses of several kinds share. */
import { z } from 'zod'
import { integer, listAtomic, listMap } from './text.ts'

/** The longest message that is written; the API server accepts 32768 bytes, people read a line. */
export const messageMax = 1024

const condition = z.strictObject({
  type: z
    .string()
    .max(64)
    .regex(/^[A-Z][A-Za-z]*$/)
    .describe('What the condition is about, for example Ready.'),
  status: z
    .enum(['True', 'False', 'Unknown'])
    .describe('Whether it holds. Unknown: not observed, which never means yes.'),
  reason: z
    .string()
    .max(64)
    .regex(/^[A-Z][A-Za-z0-9]*$/)
    .describe('Why, as one word that programs may match on.'),
  message: z.string().max(messageMax).describe('Why, as a sentence for people: it names the object and what to do.'),
  observedGeneration: integer(0, Number.MAX_SAFE_INTEGER).describe(
    'The metadata.generation that the condition was set for. Lower than the current one: not yet looked at.',
  ),
  lastTransitionTime: z
    .string()
    .max(64)
    .meta({ format: 'date-time' })
    .describe('When status last changed from one value to another.'),
})

export type Condition = Readonly<z.output<typeof condition>>

export const conditions = () =>
  listMap(condition, 'type', 16)
    .optional()
    .describe('Current state, one entry per type. kubectl wait --for=condition=Ready works on it.')

export const observedGeneration = () =>
  integer(0, Number.MAX_SAFE_INTEGER)
    .optional()
    .describe('The metadata.generation that this status is about. Lower than the current one: not yet looked at.')

const block = z.strictObject({
  act: z.string().max(64).describe('What the operator would do, for example DeletePod.'),
  object: z.string().max(253).describe('The object it would do it to.'),
  veto: z.string().max(64).describe('Name of the check that says no.'),
  message: z.string().max(messageMax).describe('Why, and what clears it.'),
  since: z.string().max(64).meta({ format: 'date-time' }).describe('When the check first said no.'),
})

export type Blocked = Readonly<z.output<typeof block>>

export const blocked = () =>
  listAtomic(block, 10)
    .optional()
    .describe('Acts that a safety check refuses now, at most 10. Each is tried again by itself.')
