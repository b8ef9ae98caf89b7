/** Stable addresses: ingest and query for users, the log for the cluster's own pods. */
import type { KubeObject } from '../kube/object.ts'
import { ingestName, logName, ownedMeta, ports, queryName, type Role, selectorOf } from './names.ts'
import type { ClusterView } from './view.ts'

export function services(view: ClusterView): KubeObject[] {
  const { ingest, query } = view.spec
  return [
    service(view, { name: logName(view.name), role: 'log', ports: [port('grpc')] }),
    service(view, { name: ingestName(view.name), role: 'ingest', ports: [port('http')], ...ingest.service }),
    service(view, { name: queryName(view.name), role: 'query', ports: [port('http')], ...query.service }),
  ]
}

interface ServiceOptions {
  readonly name: string
  readonly role: Role
  readonly ports: readonly object[]
  readonly type?: string
  readonly annotations?: Readonly<Record<string, string>> | undefined
}

function service(view: ClusterView, options: ServiceOptions): KubeObject {
  const { name, role, type = 'ClusterIP', annotations = {} } = options
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      ...ownedMeta(view, name, { role }),
      ...(Object.keys(annotations).length > 0 && { annotations }),
    },
    spec: { type, selector: selectorOf(view.name, role), ports: options.ports },
  }
}

function port(name: keyof typeof ports) {
  return { name, port: ports[name], targetPort: name, protocol: 'TCP' }
}

/** Address of the log for pods of the cluster. */
export function logAddress({ name, namespace }: ClusterView): string {
  return `${logName(name)}.${namespace}:${ports.grpc}`
}

/** Addresses for users inside Kubernetes. */
export function endpointsOf({ name, namespace }: ClusterView) {
  const url = (service: string) => `http://${service}.${namespace}:${ports.http}`
  return { ingest: url(ingestName(name)), query: url(queryName(name)) }
}
