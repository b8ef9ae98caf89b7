/** From the URL of a request to what it names and selects: the inverse of `operator/kube/path.ts`. Pure. */
import type { ListQuery } from '../../../operator/kube/api.ts'
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

/** Selection, limit and token of a query. */
export function selectionOf(url: URL, namespace: string | undefined): ListQuery {
  const text = (name: string) => {
    const value = url.searchParams.get(name)
    return value === null || value === '' ? {} : { [name]: value }
  }
  const limit = url.searchParams.get('limit')
  return {
    ...(namespace !== undefined && { namespace }),
    ...text('labelSelector'),
    ...text('fieldSelector'),
    ...text('continue'),
    ...(limit && { limit: Number(limit) }),
  }
}
