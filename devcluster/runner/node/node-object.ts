/** A Node of this runner as the API server sees it: pure. Its size is what the flags say, not what the machine has. */
import type { KubeObject } from '../../../operator/kube/object.ts'
import { microTime, secondsTime } from '../../../operator/kube/time.ts'

export interface NodeSettings {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly cpu: string
  readonly memory: string
  readonly pods: number
}

export interface NodeFacts {
  readonly address: string
  readonly kubeletPort: number
  readonly platform: string
  readonly architecture: string
  readonly version: string
  readonly now: number
  /** When the runner began: since then nothing has changed. */
  readonly since: number
}

export function nodeObject({ name, labels }: NodeSettings, { architecture, platform }: NodeFacts): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': platform,
        'kubernetes.io/arch': architecture === 'x64' ? 'amd64' : architecture,
        'anabranch.dev/pod-runner': 'true',
        ...labels,
      },
    },
  }
}

export function nodeStatus(settings: NodeSettings, facts: NodeFacts): object {
  const size = { cpu: settings.cpu, memory: settings.memory, pods: String(settings.pods) }
  const time = secondsTime(facts.now)
  const condition = (type: string, status: string, reason: string, message: string) => ({
    type,
    status,
    reason,
    message,
    lastHeartbeatTime: time,
    lastTransitionTime: secondsTime(facts.since),
  })
  return {
    capacity: size,
    allocatable: size,
    // No name: API servers would rather connect to that, and no name server knows it.
    addresses: [{ type: 'InternalIP', address: facts.address }],
    daemonEndpoints: { kubeletEndpoint: { Port: facts.kubeletPort } },
    conditions: [
      condition('MemoryPressure', 'False', 'NotMeasured', 'the pod runner does not measure memory'),
      condition('DiskPressure', 'False', 'NotMeasured', 'the pod runner does not measure disks'),
      condition('PIDPressure', 'False', 'NotMeasured', 'the pod runner does not count processes'),
      condition('Ready', 'True', 'KubeletReady', 'the pod runner starts processes'),
    ],
    nodeInfo: {
      machineID: '',
      systemUUID: '',
      bootID: '',
      kernelVersion: '',
      osImage: 'local processes',
      containerRuntimeVersion: `process://${facts.version}`,
      kubeletVersion: `v${facts.version}-pod-runner`,
      kubeProxyVersion: '',
      operatingSystem: facts.platform,
      architecture: facts.architecture === 'x64' ? 'amd64' : facts.architecture,
    },
  }
}

const leaseSeconds = 40

/** Its renewal is the node's heartbeat. */
export function nodeLease(name: string, now: number): KubeObject {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, namespace: 'kube-node-lease' },
    spec: {
      holderIdentity: name,
      leaseDurationSeconds: leaseSeconds,
      renewTime: microTime(now),
    },
  }
}
