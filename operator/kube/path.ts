/** Paths of the REST API of Kubernetes: from a description to a path, as the API concepts page defines them. Pure; the server side parses the same. */
import type { ListQuery, Selection, WatchQuery } from './api.ts'
import type { ObjectKey } from './object.ts'
import type { Resource } from './resource.ts'

/** `/api/v1/namespaces/shop/pods`. */
export function collectionPath({ group, version, plural, namespaced }: Resource, namespace?: string): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`
  const scope = namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : ''
  return `${root}${scope}/${plural}`
}

/** `/api/v1/namespaces/shop/pods/events-0/status`. */
export function objectPath(resource: Resource, { namespace, name }: ObjectKey, subresource?: string): string {
  const below = subresource === undefined ? '' : `/${subresource}`
  return `${collectionPath(resource, namespace)}/${encodeURIComponent(name)}${below}`
}

type Query = Record<string, string>

function selectionQuery({ labelSelector, fieldSelector }: Selection): Query {
  return { ...(labelSelector && { labelSelector }), ...(fieldSelector && { fieldSelector }) }
}

export function listParameters(query: ListQuery): Query {
  return {
    ...selectionQuery(query),
    ...(query.limit !== undefined && { limit: String(query.limit) }),
    ...(query.continue !== undefined && { continue: query.continue }),
    ...(query.resourceVersion !== undefined && { resourceVersion: query.resourceVersion }),
  }
}

export function watchParameters(query: WatchQuery): Query {
  return {
    ...selectionQuery(query),
    watch: '1',
    allowWatchBookmarks: 'true',
    ...(query.resourceVersion !== undefined && { resourceVersion: query.resourceVersion }),
    ...(query.timeoutSeconds !== undefined && { timeoutSeconds: String(query.timeoutSeconds) }),
  }
}
