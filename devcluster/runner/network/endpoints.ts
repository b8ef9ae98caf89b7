/**
 * Which pods stand behind a Service, and which names lead where: pure.
 *
 * The runner keeps endpoints itself: the API server takes no EndpointSlice with a loopback address. A pod is an endpoint while it is Ready and is not
 * being deleted, as in kube-proxy.
 */
import type { Pod, Service, ServicePort } from '../objects.ts'
import { isAlive } from '../schedule/fit.ts'
import { hasAll } from '../schedule/selector.ts'

export interface Target {
  readonly address: string
  readonly port: number
}

export function isReady(pod: Pod): boolean {
  return (pod.status?.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True')
}

/** Pods that the Service leads to, in order of their names. Without a selector: none. */
export function podsBehind(service: Service, pods: readonly Pod[]): readonly Pod[] {
  const { selector, publishNotReadyAddresses } = service.spec
  if (selector === undefined || Object.keys(selector).length === 0) return []
  return pods
    .filter(
      (pod) =>
        pod.metadata.namespace === service.metadata.namespace &&
        pod.status?.podIP !== undefined &&
        isAlive(pod) &&
        hasAll(selector, pod.metadata.labels) &&
        (publishNotReadyAddresses === true || (isReady(pod) && pod.metadata.deletionTimestamp === undefined)),
    )
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
}

/** A named target port is looked up in each pod; one that does not have it is left out. */
export function targetsOf(port: ServicePort, pods: readonly Pod[]): readonly Target[] {
  return pods.flatMap((pod) => {
    const { targetPort = port.port } = port
    const number =
      typeof targetPort === 'number'
        ? targetPort
        : pod.spec.containers.flatMap(({ ports = [] }) => ports).find(({ name }) => name === targetPort)?.containerPort
    return number === undefined ? [] : [{ address: pod.status!.podIP!, port: number }]
  })
}

export const isHeadless = ({ spec }: Service) => spec.clusterIP === 'None'

/**
 * Lines of a hosts file: `address name`, in full (`shop-log.prod.svc.cluster.local`). A headless Service has a line for each pod behind
 * it, and its pods with `hostname` and `subdomain` have one of their own.
 */
export function hostLines(
  services: readonly { readonly service: Service; readonly address: string }[],
  pods: readonly Pod[],
): readonly string[] {
  return services.flatMap(({ service, address }) => {
    const name = `${service.metadata.name}.${service.metadata.namespace}.svc.cluster.local`
    if (!isHeadless(service)) return [`${address} ${name}`]
    return podsBehind(service, pods).flatMap((pod) => {
      const { hostname, subdomain } = pod.spec
      const own =
        subdomain === service.metadata.name ? [`${pod.status!.podIP} ${hostname ?? pod.metadata.name}.${name}`] : []
      return [`${pod.status!.podIP} ${name}`, ...own]
    })
  })
}
