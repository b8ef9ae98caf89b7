/** Fields about pods and volumes that every role has: resources, storage, placement. Kubernetes' words, Kubernetes' meaning. */
import { z } from 'zod'
import { compareQuantities } from '../quantity.ts'
import { type Field, fixedOptional, type Rule, ruled } from '../rule.ts'
import { bytes, extraAnnotations, extraLabels, integer, labelMap, listAtomic, objectName } from './text.ts'

/** As in a Pod: `2`, `"0.5"`, `500m`. */
const cpu = () =>
  z.union([
    integer(1, 1_000_000),
    z
      .string()
      .max(16)
      .regex(/^([1-9][0-9]{0,8}m|[0-9]{1,6}(\.[0-9]{1,3})?)$/),
  ])

/** As in a Pod: `4Gi`, or a number of bytes. */
const memory = () =>
  z.union([
    integer(1, Number.MAX_SAFE_INTEGER),
    z
      .string()
      .max(16)
      .regex(/^[1-9][0-9]{0,11}(k|M|G|T|Ki|Mi|Gi|Ti)?$/),
  ])

function limitAboveRequest(name: 'cpu' | 'memory'): Rule {
  return {
    cel:
      `!has(self.limits) || !has(self.limits.${name}) || ` +
      `quantity(string(self.limits.${name})).compareTo(quantity(string(self.requests.${name}))) >= 0`,
    message: 'raise the limit: it is below the request',
    fieldPath: `.limits.${name}`,
    holds: ({ limits, requests }: Field) =>
      limits?.[name] === undefined || compareQuantities(limits[name], requests[name]) >= 0,
  }
}

/** Requests with defaults, limits without. */
export function resources(defaults: { readonly cpu: string; readonly memory: string }) {
  const schema = z.strictObject({
    requests: z
      .strictObject({
        cpu: cpu().default(defaults.cpu).describe('Cores that the scheduler reserves, for example 2 or 500m.'),
        memory: memory().default(defaults.memory).describe('Memory that the scheduler reserves, for example 4Gi.'),
      })
      .prefault({ ...defaults })
      .describe('What the scheduler reserves for each pod.'),
    limits: z
      .strictObject({
        cpu: cpu().optional().describe('Cores above which the container is slowed down. Unset: none.'),
        memory: memory()
          .optional()
          .describe('Memory above which the container is killed; at least the request. Unset: none.'),
      })
      .optional()
      .describe('What each pod may use at most. Unset: no limit.'),
  })
  return ruled(schema, limitAboveRequest('cpu'), limitAboveRequest('memory'))
    .prefault({ requests: { ...defaults } })
    .describe('CPU and memory of each pod, as in a Pod. A change restarts pods, one replica at a time.')
}

/** A size that only grows. */
function growingSize(size: string, what: string) {
  const grows: Rule = {
    cel: 'quantity(self).compareTo(quantity(oldSelf)) >= 0',
    message: "a volume can't shrink: write the old size or more",
    messageExpression: `"a volume can't shrink: write " + oldSelf + " or more"`,
    says: (_, oldSelf) => `a volume can't shrink: write ${oldSelf} or more`,
    holds: (self, oldSelf) => compareQuantities(self, oldSelf) >= 0,
  }
  return ruled(bytes(), grows)
    .default(size)
    .describe(`Size of the volume of ${what}, for example 50Gi. It can grow while in use, never shrink.`)
}

/** A volume claimed from a storage class. */
export function storage(size: string, what: string, says: string) {
  const schema = z.strictObject({
    size: growingSize(size, what),
    storageClassName: objectName()
      .optional()
      .describe("StorageClass of the volume. Unset: the cluster's default class. Fixed at creation."),
  })
  return ruled(schema, fixedOptional('storageClassName', 'fixed: set it back, or create another EventCluster'))
    .prefault({ size })
    .describe(`Volume of ${what}. ${says}`)
}

const toleration = z.strictObject({
  key: z.string().max(317).optional().describe('Key of the taint. Unset with operator Exists: every taint.'),
  operator: z.enum(['Exists', 'Equal']).optional().describe('How the key relates to the value. Unset: Equal.'),
  value: z.string().max(63).optional().describe('Value of the taint, with operator Equal.'),
  effect: z
    .enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute'])
    .optional()
    .describe('Effect of the taint. Unset: all of them.'),
  tolerationSeconds: integer(0, 2_147_483_647)
    .optional()
    .describe('With effect NoExecute: how long the pod stays after the taint came. Unset: for ever.'),
})

/** What people add to the pods of a role. */
export const pod = () =>
  z
    .strictObject({
      labels: extraLabels().optional().describe('Labels to add to each pod, for example for cost reports.'),
      annotations: extraAnnotations().optional().describe('Annotations to add to each pod.'),
      nodeSelector: labelMap().optional().describe('Labels that a node must have for the pods to run there.'),
      tolerations: listAtomic(toleration, 16)
        .optional()
        .describe('Taints of nodes that the pods tolerate, as in a Pod.'),
      priorityClassName: objectName()
        .optional()
        .describe('PriorityClass of the pods. Unset: the default of the Kubernetes cluster.'),
    })
    .optional()
    .describe('What to add to each pod of this role. A change restarts pods, one replica at a time.')
