/** What a container asks for that this runner does not do, in words for its status; better said than left out silently. Pure. */
import type { Container } from '../objects.ts'

export function unsupported(container: Container): string | undefined {
  if (container.restartPolicy === 'Always')
    return 'the pod runner has no sidecars: an init container with restartPolicy Always'
  if (container.lifecycle?.postStart !== undefined) return 'the pod runner has no postStart hooks'
  const probes = [container.startupProbe, container.readinessProbe, container.livenessProbe]
  if (probes.some((probe) => probe?.grpc !== undefined))
    return 'the pod runner has no gRPC probes: use httpGet, tcpSocket or exec'
  return undefined
}
