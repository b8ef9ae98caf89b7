/** The downward API: fields of a pod and its containers as text, for variables and files. Pure. */
import type { Container, Pod, ResourceFieldRef } from '../objects.ts'
import { quantity } from '../quantity.ts'

export interface FieldInput {
  readonly pod: Pod
  readonly podIp: string
  readonly hostIp: string
}

/** Empty for a field that a kubelet does not offer; the API server has refused those before. */
export function fieldValue(path: string, { pod, podIp, hostIp }: FieldInput): string {
  const { metadata, spec } = pod
  const subscript = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path)
  if (subscript !== null) return metadata[subscript[1] as 'labels' | 'annotations']?.[subscript[2]!] ?? ''
  switch (path) {
    case 'metadata.name':
      return metadata.name
    case 'metadata.namespace':
      return metadata.namespace ?? ''
    case 'metadata.uid':
      return metadata.uid ?? ''
    case 'metadata.labels':
      return lines(metadata.labels)
    case 'metadata.annotations':
      return lines(metadata.annotations)
    case 'spec.nodeName':
      return spec.nodeName ?? ''
    case 'spec.serviceAccountName':
      return spec.serviceAccountName ?? ''
    case 'status.hostIP':
    case 'status.hostIPs':
      return hostIp
    case 'status.podIP':
    case 'status.podIPs':
      return podIp
    default:
      return ''
  }
}

/** A request or limit, divided and rounded up; `0` where there is none. */
export function resourceFieldValue(ref: ResourceFieldRef, pod: Pod, own?: Container): string {
  const container = pod.spec.containers.find(({ name }) => name === ref.containerName) ?? own
  const [kind, name] = ref.resource.split('.') as ['requests' | 'limits', string]
  const amount = container?.resources?.[kind]?.[name]
  const divisor = quantity(ref.divisor ?? '1') || 1
  return String(Math.ceil(quantity(amount ?? '0') / divisor))
}

/** As a kubelet writes labels into a file: sorted, `key="value"`. */
function lines(entries: Readonly<Record<string, string>> = {}): string {
  return Object.keys(entries)
    .sort()
    .map((key) => `${key}=${JSON.stringify(entries[key])}`)
    .join('\n')
}
