/** What pods name, looked up in the view of the cluster and the table of images: the part of a worker's context that only reads. */

import type { ClusterView } from '../cluster-view.ts'
import { type CommandInput, type CommandSettings, commandOf } from '../container/command.ts'
import { type EnvironmentInput, type EnvironmentResult, environmentOf } from '../container/environment.ts'
import { type ImageTable, imageId, imageOf } from '../container/images.ts'
import { unsupported } from '../container/trouble.ts'
import { isHeadless } from '../network/endpoints.ts'
import type { Services } from '../network/services.ts'
import type { Container, Pod } from '../objects.ts'
import type { Command } from '../ports.ts'
import type { WorkerContext } from './context.ts'

export interface LookupOptions {
  readonly view: ClusterView
  readonly services: Services
  readonly images: () => ImageTable
  readonly settings: Omit<CommandSettings, 'hostsFile'>
  readonly hostIp: (node: string) => string
}

type Lookups = Pick<WorkerContext, 'hasImage' | 'imageId' | 'trouble' | 'command' | 'mountInput' | 'hostIp'>

export function lookups({ view, services, images, settings, hostIp }: LookupOptions): Lookups {
  const inputOf = (pod: Pod, podIp: string): EnvironmentInput => {
    const { namespace } = pod.metadata
    return {
      pod,
      podIp,
      hostIp: hostIp(pod.spec.nodeName ?? ''),
      configMap: (name) => view.configMaps.get(`${namespace}/${name}`),
      secret: (name) => view.secrets.get(`${namespace}/${name}`),
      services: view.services
        .all()
        .filter((service) => service.metadata.namespace === namespace && !isHeadless(service))
        .flatMap((service) => {
          const address = services.addressOf(namespace!, service.metadata.name)
          return address === undefined ? [] : [{ service, address }]
        }),
    }
  }
  const environment = (container: Container, pod: Pod, podIp: string): EnvironmentResult =>
    environmentOf(container, inputOf(pod, podIp))
  return {
    hostIp,
    hasImage: (name) => imageOf(images(), name) !== undefined,
    imageId: (name) => imageId(images(), name),
    trouble(container, pod, podIp) {
      const result = environment(container, pod, podIp)
      return unsupported(container) ?? ('missing' in result ? result.missing : undefined)
    },
    command(input: CommandInput): Command {
      const image = imageOf(images(), input.container.image)
      const result = environment(input.container, input.pod, input.podIp)
      if (image === undefined) throw new Error(`the table of images has no "${input.container.image}"`)
      if ('missing' in result) throw new Error(result.missing)
      return commandOf(input, image, result.ok, { ...settings, hostsFile: services.hostsFile })
    },
    mountInput: (pod, podIp) => ({
      ...inputOf(pod, podIp),
      claim(name) {
        const claim = view.claims.get(`${pod.metadata.namespace}/${name}`)
        if (claim === undefined) return { problem: `persistentvolumeclaim "${name}" not found` }
        const volume = view.volumes.get(claim.spec.volumeName ?? '')
        const path = volume?.spec.hostPath?.path
        return path === undefined ? { problem: `persistentvolumeclaim "${name}" is not bound to a folder` } : { path }
      },
    }),
  }
}
