/**
 * The built-in kinds that are served, with what the machinery must know of each: status subresource, generation, lists with keys.
 *
 * Source: the API reference of Kubernetes 1.36. Does not: default or validate built-in kinds; a real server does, and what relies on it is
 * tested there.
 */
import { type Resource, resources } from '../../operator/kube/resource.ts'
import type { Shape } from './shape.ts'

export interface ServedKind {
  readonly resource: Resource
  /** `status` is written through its own subresource only. */
  readonly status: boolean
  /** `metadata.generation` counts changes outside metadata and status. */
  readonly generation: boolean
  /** A replace without a resourceVersion is refused. */
  readonly versionRequired: boolean
  readonly shape: Shape
  /** Defaults and checks an object before it is stored; throws `StatusError` 422. */
  readonly admit?: (
    object: Record<string, unknown>,
    before: Record<string, unknown> | undefined,
  ) => Record<string, unknown>
}

function keyed(keys: readonly string[], items?: Shape): Shape {
  return { list: 'map', keys: Object.fromEntries(keys.map((key) => [key, undefined])), ...(items && { items }) }
}

const names = keyed(['name'])
const conditions = keyed(['type'])

const metadataShape: Shape = {
  fields: {
    finalizers: { list: 'set' },
    ownerReferences: keyed(['uid'], { atomic: true }),
  },
}

const container: Shape = {
  fields: {
    env: names,
    ports: { list: 'map', keys: { containerPort: undefined, protocol: 'TCP' } },
    volumeMounts: keyed(['mountPath']),
    volumeDevices: keyed(['devicePath']),
  },
}

const podSpec: Shape = {
  fields: {
    containers: keyed(['name'], container),
    initContainers: keyed(['name'], container),
    ephemeralContainers: keyed(['name'], container),
    volumes: names,
    imagePullSecrets: names,
    hostAliases: keyed(['ip']),
    nodeSelector: { atomic: true },
    topologySpreadConstraints: keyed(['topologyKey', 'whenUnsatisfiable'], {
      fields: { labelSelector: { atomic: true } },
    }),
  },
}

const template: Shape = { fields: { metadata: metadataShape, spec: podSpec } }
const selector: Shape = { atomic: true }

const shapes: Readonly<Record<string, Shape>> = {
  Pod: { fields: { spec: podSpec, status: { fields: { conditions, podIPs: keyed(['ip']) } } } },
  Deployment: { fields: { spec: { fields: { template, selector } }, status: { fields: { conditions } } } },
  ReplicaSet: { fields: { spec: { fields: { template, selector } }, status: { fields: { conditions } } } },
  Service: {
    fields: {
      spec: {
        fields: { ports: { list: 'map', keys: { port: undefined, protocol: 'TCP' } }, selector: { atomic: true } },
      },
      status: { fields: { conditions } },
    },
  },
  PersistentVolumeClaim: { fields: { spec: { fields: { selector } }, status: { fields: { conditions } } } },
  PodDisruptionBudget: { fields: { spec: { fields: { selector } }, status: { fields: { conditions } } } },
  NetworkPolicy: { fields: { spec: { fields: { podSelector: selector } } } },
  Node: { fields: { status: { fields: { conditions, addresses: keyed(['type']) } } } },
  ServiceAccount: { fields: { secrets: names, imagePullSecrets: names } },
  Namespace: { fields: { spec: { fields: { finalizers: {} } }, status: { fields: { conditions } } } },
}

const withStatus = new Set([
  'Namespace',
  'Node',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'Pod',
  'ResourceQuota',
  'Service',
  'Deployment',
  'ReplicaSet',
  'PodDisruptionBudget',
  'CustomResourceDefinition',
])
const withGeneration = new Set([
  'Pod',
  'Deployment',
  'ReplicaSet',
  'PodDisruptionBudget',
  'NetworkPolicy',
  'CustomResourceDefinition',
  'EndpointSlice',
])

/** The shape of a whole object of a kind. */
export function withMetadata(shape: Shape): Shape {
  return { ...shape, fields: { ...shape.fields, metadata: metadataShape } }
}

export const builtInKinds: readonly ServedKind[] = Object.values(resources)
  .filter(({ group }) => group !== 'anabranch.dev')
  .map((resource) => ({
    resource,
    status: withStatus.has(resource.kind),
    generation: withGeneration.has(resource.kind),
    versionRequired: ['Lease', 'CustomResourceDefinition'].includes(resource.kind),
    shape: withMetadata(shapes[resource.kind] ?? {}),
  }))
