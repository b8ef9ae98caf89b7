/** From a REST path of Kubernetes to what it names: the inverse of `operator/kube/path.ts`. Pure. */
import type { Resource } from '../../../operator/kube/resource.ts'

export interface Route {
  readonly resource: Resource
  readonly namespace?: string
  /** Absent: the collection. */
  readonly name?: string
  readonly subresource?: string
}

/** `undefined`: the path names nothing that is served. */
export function routeOf(path: string, served: readonly Resource[]): Route | undefined {
  const [root, ...parts] = path.split('/').filter(Boolean).map(decodeURIComponent)
  const [group, version, ...rest] = root === 'api' ? ['', ...parts] : root === 'apis' ? parts : []
  if (group === undefined || version === undefined || rest.length === 0) return undefined
  const find = (plural: string | undefined) =>
    served.find((kind) => kind.group === group && kind.version === version && kind.plural === plural)
  const [first, namespace, plural, name, subresource, ...more] = rest
  if (first === 'namespaces' && plural !== undefined) {
    const resource = find(plural)
    if (resource?.namespaced) {
      if (more.length > 0) return undefined
      return { resource, namespace: namespace!, ...(name && { name }), ...(subresource && { subresource }) }
    }
  }
  const resource = find(first)
  const [, own, below, ...left] = rest
  if (resource === undefined || left.length > 0 || (resource.namespaced && own !== undefined)) return undefined
  return { resource, ...(own && { name: own }), ...(below && { subresource: below }) }
}
