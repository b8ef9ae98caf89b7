// draft until crds/ lands
import type { KubeObject } from './kube/object.ts'
export interface Condition { readonly type: string; readonly status: 'True'|'False'|'Unknown'; readonly reason: string; readonly message: string; readonly observedGeneration: number; readonly lastTransitionTime: string }
export type Resources = { readonly requests?: Readonly<Record<string, string|number>>; readonly limits?: Readonly<Record<string, string|number>> }
export type PodExtras = { readonly labels?: Readonly<Record<string,string>>; readonly annotations?: Readonly<Record<string,string>>; readonly nodeSelector?: Readonly<Record<string,string>>; readonly tolerations?: readonly object[]; readonly priorityClassName?: string }
export interface EventClusterSpec {
  readonly id?: string
  readonly image?: string
  readonly imagePullSecrets?: readonly { readonly name: string }[]
  readonly logLevel: 'Debug'|'Info'|'Warn'|'Error'
  readonly paused: boolean
  readonly networkPolicy: 'Managed'|'None'
  readonly sharding: { readonly count: number }
  readonly shard: {
    readonly replicas: number
    readonly cut: { readonly maxAgeSeconds: number; readonly maxRows: number }
    readonly storage: { readonly size: string; readonly storageClassName?: string }
    readonly topologySpread: { readonly topologyKey: string; readonly whenUnsatisfiable: 'DoNotSchedule'|'ScheduleAnyway' }
    readonly resources: Resources
    readonly pod?: PodExtras
  }
  readonly ingest: { readonly replicas: number; readonly service: { readonly type: string; readonly annotations?: Readonly<Record<string,string>> }; readonly resources: Resources; readonly pod?: PodExtras }
  readonly query: { readonly replicas: number; readonly service: { readonly type: string; readonly annotations?: Readonly<Record<string,string>> }; readonly resources: Resources; readonly pod?: PodExtras }
  readonly log: { readonly partitions: number; readonly file: { readonly storage: { readonly size: string; readonly storageClassName?: string }; readonly resources: Resources; readonly pod?: PodExtras } }
  readonly store: { readonly folder: { readonly accessMode: string; readonly storage: { readonly size: string; readonly storageClassName?: string } } }
  readonly upgrade: { readonly maxUnavailableShards: number; readonly minReadySeconds: number }
  readonly deletion: { readonly policy: 'Retain'|'Delete'; readonly confirm?: string }
}
export type EventCluster = KubeObject & { readonly spec: EventClusterSpec; readonly status?: Record<string, unknown> }
export type Shard = KubeObject & { readonly spec: { readonly clusterRef: {readonly name: string}; readonly id: number; readonly range: {readonly start: string; readonly end: string}; readonly replicas: number; readonly revision: string }; readonly status?: Record<string, unknown> }
export type Project = KubeObject & { readonly spec: { readonly clusterRef: {readonly name: string}; readonly id: string; readonly timezone: string; readonly spread: number; readonly tokens: readonly { readonly name: string; readonly access: 'Ingest'|'Query'; readonly secretRef?: {readonly name: string} }[]; readonly quotas: { readonly ingestEventsPerSecond?: number; readonly concurrentQueries?: number; readonly scanSizePerQuery?: string } }; readonly status?: Record<string, unknown> }
