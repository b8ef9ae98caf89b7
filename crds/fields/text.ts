/** Fields that several kinds share: names, references, quantities, bounded maps and conditions of the smallest size that fits. */
import { z } from 'zod'
import { ruled } from '../rule.ts'

/** An integer in `[min, max]`; JSON and CEL have 64-bit integers, every field here has fewer. */
export const integer = (min: number, max: number) => z.int().min(min).max(max)

/** Bytes with a unit. */
export const bytes = () =>
  z
    .string()
    .max(16)
    .regex(/^[1-9][0-9]{0,8}(k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)$/)

/** A name of another object, as Kubernetes allows it. */
export const objectName = () =>
  z
    .string()
    .min(1)
    .max(253)
    .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/)

export const dnsLabel = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/)

/** A reference to an object of the same namespace. */
export const reference = (what: string) =>
  z.strictObject({ name: objectName().describe(`Name of the ${what}, in the same namespace.`) })

const reserved = {
  cel: "self.all(key, !key.startsWith('anabranch.dev/') && !key.startsWith('app.kubernetes.io/'))",
  message: 'keys under anabranch.dev/ and app.kubernetes.io/ are set by the operator: write others',
  holds: (self: Record<string, string>) =>
    Object.keys(self).every((key) => !key.startsWith('anabranch.dev/') && !key.startsWith('app.kubernetes.io/')),
}

export const labelMap = () =>
  bounded(
    z.record(
      z.string(),
      z
        .string()
        .max(63)
        .regex(/^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/),
    ),
    32,
  )

/** Labels that people add; the operator's own prefixes are refused rather than overwritten in silence. */
export const extraLabels = () => ruled(labelMap(), reserved)

export const extraAnnotations = () => ruled(bounded(z.record(z.string(), z.string().max(4096)), 32), reserved)

/** A list whose items are told apart by one field: server-side apply merges it item by item, and no two may share it. */
export function listMap<Item extends z.ZodType>(item: Item, key: string, max: number) {
  return z
    .array(item)
    .max(max)
    .superRefine((items, context) => {
      const keys = items.map((one) => (one as Readonly<Record<string, unknown>>)[key])
      for (const [index, value] of keys.entries()) {
        if (keys.indexOf(value) === index) continue
        context.addIssue({ code: 'custom', path: [index], message: `two have one ${key}: rename or remove one` })
      }
    })
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': [key] })
}

/** A list that has one writer and is replaced as a whole. */
export function listAtomic<Item extends z.ZodType>(item: Item, max: number) {
  return z.array(item).max(max).meta({ 'x-kubernetes-list-type': 'atomic' })
}

/** A map of at most `max` entries. A refinement is invisible to the generator, so the bound is written beside it. */
function bounded<T extends z.ZodType>(record: T, max: number): T {
  return record
    .refine((entries) => Object.keys(entries as object).length <= max, `write at most ${max} entries`)
    .meta({ maxProperties: max })
}
