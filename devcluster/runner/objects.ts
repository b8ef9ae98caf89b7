/**
 * The fields of Kubernetes' own kinds that the pod runner reads and writes, as types over plain JSON.
 *
 * What is not here has no effect in the runner; `docs/internals/pod-runner.md` says which of those matter. Does not: validate (the API
 * server did).
 */
import type { KubeObject } from '../../operator/kube/object.ts'

export type Quantity = string | number

export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>
  readonly matchExpressions?: readonly SelectorTerm[]
}

export interface SelectorTerm {
  readonly key: string
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt'
  readonly values?: readonly string[]
}

export interface KeyRef {
  readonly name?: string
  readonly key: string
  readonly optional?: boolean
}

export interface FieldRef {
  readonly fieldPath: string
}

export interface ResourceFieldRef {
  readonly containerName?: string
  readonly resource: string
  readonly divisor?: Quantity
}

export interface EnvVar {
  readonly name: string
  readonly value?: string
  readonly valueFrom?: {
    readonly fieldRef?: FieldRef
    readonly configMapKeyRef?: KeyRef
    readonly secretKeyRef?: KeyRef
    readonly resourceFieldRef?: ResourceFieldRef
  }
}

export interface EnvFrom {
  readonly prefix?: string
  readonly configMapRef?: { readonly name?: string; readonly optional?: boolean }
  readonly secretRef?: { readonly name?: string; readonly optional?: boolean }
}

export interface VolumeMount {
  readonly name: string
  readonly mountPath: string
  readonly subPath?: string
  readonly readOnly?: boolean
}

/** `port` is a number or the name of a container port. */
export interface HttpGet {
  readonly path?: string
  readonly port: number | string
  readonly host?: string
  readonly scheme?: 'HTTP' | 'HTTPS'
  readonly httpHeaders?: readonly { readonly name: string; readonly value: string }[]
}

export interface Handler {
  readonly httpGet?: HttpGet
  readonly tcpSocket?: { readonly port: number | string; readonly host?: string }
  readonly exec?: { readonly command?: readonly string[] }
  readonly grpc?: { readonly port: number; readonly service?: string }
  readonly sleep?: { readonly seconds: number }
}

export interface Probe extends Handler {
  readonly initialDelaySeconds?: number
  readonly periodSeconds?: number
  readonly timeoutSeconds?: number
  readonly successThreshold?: number
  readonly failureThreshold?: number
  readonly terminationGracePeriodSeconds?: number
}

export interface Resources {
  readonly requests?: Readonly<Record<string, Quantity>>
  readonly limits?: Readonly<Record<string, Quantity>>
}

export interface Container {
  readonly name: string
  readonly image: string
  readonly command?: readonly string[]
  readonly args?: readonly string[]
  readonly workingDir?: string
  readonly env?: readonly EnvVar[]
  readonly envFrom?: readonly EnvFrom[]
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number; readonly protocol?: string }[]
  readonly resources?: Resources
  readonly volumeMounts?: readonly VolumeMount[]
  readonly startupProbe?: Probe
  readonly readinessProbe?: Probe
  readonly livenessProbe?: Probe
  readonly lifecycle?: { readonly preStop?: Handler; readonly postStart?: Handler }
  /** Of an init container only: `Always` makes it a sidecar. */
  readonly restartPolicy?: string
}

export interface KeyToPath {
  readonly key: string
  readonly path: string
  readonly mode?: number
}

export interface DownwardItem {
  readonly path: string
  readonly fieldRef?: FieldRef
  readonly resourceFieldRef?: ResourceFieldRef
}

export interface ConfigMapSource {
  readonly name?: string
  readonly items?: readonly KeyToPath[]
  readonly optional?: boolean
}

export interface TokenSource {
  readonly path: string
  readonly audience?: string
  readonly expirationSeconds?: number
}

export interface ProjectedSource {
  readonly configMap?: ConfigMapSource
  readonly secret?: ConfigMapSource
  readonly downwardAPI?: { readonly items?: readonly DownwardItem[] }
  readonly serviceAccountToken?: TokenSource
}

export interface Volume {
  readonly name: string
  readonly configMap?: ConfigMapSource
  readonly secret?: {
    readonly secretName?: string
    readonly items?: readonly KeyToPath[]
    readonly optional?: boolean
  }
  readonly downwardAPI?: { readonly items?: readonly DownwardItem[] }
  readonly projected?: { readonly sources?: readonly ProjectedSource[] | null }
  readonly emptyDir?: object
  readonly hostPath?: { readonly path: string; readonly type?: string }
  readonly persistentVolumeClaim?: { readonly claimName: string; readonly readOnly?: boolean }
}

export interface Toleration {
  readonly key?: string
  readonly operator?: 'Exists' | 'Equal'
  readonly value?: string
  readonly effect?: string
}

export interface TopologySpread {
  readonly maxSkew: number
  readonly topologyKey: string
  readonly whenUnsatisfiable: 'DoNotSchedule' | 'ScheduleAnyway'
  readonly labelSelector?: LabelSelector
  readonly matchLabelKeys?: readonly string[]
}

export interface AffinityTerm {
  readonly topologyKey: string
  readonly labelSelector?: LabelSelector
}

export interface NodeSelectorTerm {
  readonly matchExpressions?: readonly SelectorTerm[]
}

export interface PodSpec {
  readonly containers: readonly Container[]
  readonly initContainers?: readonly Container[]
  readonly volumes?: readonly Volume[]
  readonly nodeName?: string
  readonly nodeSelector?: Readonly<Record<string, string>>
  readonly tolerations?: readonly Toleration[]
  readonly topologySpreadConstraints?: readonly TopologySpread[]
  readonly affinity?: {
    readonly nodeAffinity?: {
      readonly requiredDuringSchedulingIgnoredDuringExecution?: {
        readonly nodeSelectorTerms: readonly NodeSelectorTerm[]
      }
    }
    readonly podAntiAffinity?: { readonly requiredDuringSchedulingIgnoredDuringExecution?: readonly AffinityTerm[] }
  }
  readonly restartPolicy?: 'Always' | 'OnFailure' | 'Never'
  readonly terminationGracePeriodSeconds?: number
  readonly serviceAccountName?: string
  readonly schedulerName?: string
  readonly schedulingGates?: readonly object[]
  readonly hostname?: string
  readonly subdomain?: string
  readonly enableServiceLinks?: boolean
  readonly readinessGates?: readonly { readonly conditionType: string }[]
}

export interface PodCondition {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason?: string
  readonly message?: string
  readonly lastTransitionTime?: string | null
  readonly lastProbeTime?: string | null
  readonly observedGeneration?: number
}

export interface Terminated {
  readonly exitCode: number
  readonly reason: string
  readonly message?: string
  readonly startedAt?: string
  readonly finishedAt?: string
  readonly containerID?: string
}

export interface ContainerState {
  readonly waiting?: { readonly reason: string; readonly message?: string }
  readonly running?: { readonly startedAt: string }
  readonly terminated?: Terminated
}

export interface ContainerStatus {
  readonly name: string
  readonly image: string
  readonly imageID: string
  readonly containerID?: string
  readonly ready: boolean
  readonly started: boolean
  readonly restartCount: number
  readonly state: ContainerState
  readonly lastState: ContainerState
}

export interface PodStatus {
  readonly phase?: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown'
  readonly conditions?: readonly PodCondition[]
  readonly containerStatuses?: readonly ContainerStatus[]
  readonly initContainerStatuses?: readonly ContainerStatus[]
  readonly hostIP?: string
  readonly hostIPs?: readonly { readonly ip: string }[]
  readonly podIP?: string
  readonly podIPs?: readonly { readonly ip: string }[]
  readonly startTime?: string
  readonly observedGeneration?: number
  readonly [field: string]: unknown
}

export type Pod = KubeObject & { readonly spec: PodSpec; readonly status?: PodStatus }

export interface Taint {
  readonly key: string
  readonly value?: string
  readonly effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute'
}

export type Node = KubeObject & {
  readonly spec?: { readonly unschedulable?: boolean; readonly taints?: readonly Taint[] }
  readonly status?: {
    readonly allocatable?: Readonly<Record<string, Quantity>>
    readonly capacity?: Readonly<Record<string, Quantity>>
    readonly conditions?: readonly PodCondition[]
  }
}

export interface ServicePort {
  readonly name?: string
  readonly port: number
  readonly targetPort?: number | string
  readonly protocol?: string
  readonly nodePort?: number
}

export type Service = KubeObject & {
  readonly spec: {
    readonly type?: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName'
    readonly clusterIP?: string
    readonly selector?: Readonly<Record<string, string>>
    readonly ports?: readonly ServicePort[]
    readonly publishNotReadyAddresses?: boolean
  }
}

export type ConfigMap = KubeObject & {
  readonly data?: Readonly<Record<string, string>>
  readonly binaryData?: Readonly<Record<string, string>>
}

/** Values in base64. */
export type Secret = KubeObject & { readonly data?: Readonly<Record<string, string>> }

export type Claim = KubeObject & {
  readonly spec: {
    readonly accessModes?: readonly string[]
    readonly storageClassName?: string
    readonly volumeName?: string
    readonly resources?: Resources
    readonly selector?: LabelSelector
  }
  readonly status?: {
    readonly phase?: string
    readonly capacity?: Readonly<Record<string, Quantity>>
    readonly accessModes?: readonly string[]
  }
}

export type PersistentVolume = KubeObject & {
  readonly spec: {
    readonly capacity?: Readonly<Record<string, Quantity>>
    readonly accessModes?: readonly string[]
    readonly storageClassName?: string
    readonly persistentVolumeReclaimPolicy?: 'Delete' | 'Retain'
    readonly claimRef?: { readonly namespace?: string; readonly name: string; readonly uid?: string }
    readonly hostPath?: { readonly path: string }
  }
  readonly status?: { readonly phase?: string }
}
