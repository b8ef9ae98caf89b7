/** One request that is no watch, carried out: from method, path, query and body to a verb of the machinery. */
import type { IncomingMessage } from 'node:http'
import type { JsonPatchOperation, Patch } from '../../../operator/kube/api.ts'
import type { KubeObject } from '../../../operator/kube/object.ts'
import { apiVersionOf } from '../../../operator/kube/resource.ts'
import { StatusError } from '../../../operator/kube/status-error.ts'
import type { Machinery } from '../machinery.ts'
import { refusal } from '../refusal.ts'
import { listPage } from '../views.ts'
import { type Route, routeOf, selectionOf } from './route.ts'

/** Throws `StatusError`. */
export function carryOut(
  machinery: Machinery,
  request: IncomingMessage,
  { url, body }: { url: URL; body: unknown },
): KubeObject | object {
  if (request.method === 'GET' && url.pathname === '/version') {
    return { major: '1', minor: '36', gitVersion: 'v1.36.0+anabranch' }
  }
  const route = routeOf(
    url.pathname,
    machinery.kinds.map(({ resource }) => resource),
  )
  if (route === undefined) return refusal.notServed(url.pathname)
  const fieldManager = url.searchParams.get('fieldManager') ?? request.headers['user-agent']?.split('/')[0] ?? 'unknown'
  const options = { fieldManager, ...(route.subresource && { subresource: route.subresource }) }
  switch (request.method) {
    case 'GET':
      return read(machinery, route, url)
    case 'POST':
      return machinery.create(route.resource, placed(body, route), options)
    case 'PUT':
      return machinery.replace(route.resource, placed(body, route), options)
    case 'PATCH':
      return change(machinery, request, { route, url, body, options })
    case 'DELETE':
      return remove(machinery, route, body)
    default:
      throw new StatusError({
        status: 405,
        reason: 'MethodNotAllowed',
        message: 'method not allowed',
        request: url.pathname,
      })
  }
}

function read(machinery: Machinery, { resource, namespace, name }: Route, url: URL): KubeObject | object {
  if (name !== undefined) {
    const found = machinery.get(resource, { name, ...(namespace !== undefined && { namespace }) })
    if (found !== undefined) return found
    const message = `${resource.plural} "${name}" not found`
    throw new StatusError({ status: 404, reason: 'NotFound', message, request: url.pathname })
  }
  const { items, resourceVersion, continue: next } = listPage(machinery.storage, resource, selectionOf(url, namespace))
  return {
    apiVersion: apiVersionOf(resource),
    kind: `${resource.kind}List`,
    metadata: { resourceVersion, ...(next && { continue: next }) },
    items,
  }
}

/** A body with name and namespace of its path where it leaves them out. */
function placed(body: unknown, { namespace, name }: Route): KubeObject {
  const object = body as KubeObject
  const metadata = { ...(name && { name }), ...(namespace && { namespace }), ...object.metadata }
  return { ...object, metadata } as KubeObject
}

interface ChangeCall {
  readonly route: Route
  readonly url: URL
  readonly body: unknown
  readonly options: { readonly fieldManager: string; readonly subresource?: string }
}

function change(machinery: Machinery, request: IncomingMessage, { route, url, body, options }: ChangeCall): KubeObject {
  const { resource, namespace, name = '' } = route
  const type = request.headers['content-type']
  if (type === 'application/apply-patch+yaml') {
    return machinery.apply(resource, placed(body, route), {
      ...options,
      force: url.searchParams.get('force') === 'true',
    })
  }
  const patch = patchOf(type, body)
  if (patch === undefined) {
    const message = `the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml`
    throw new StatusError({ status: 415, reason: 'UnsupportedMediaType', message, request: url.pathname })
  }
  return machinery.patch(resource, { name, ...(namespace !== undefined && { namespace }) }, patch, options)
}

function patchOf(type: string | undefined, body: unknown): Patch | undefined {
  if (type === 'application/json-patch+json') return { type: 'json', body: body as JsonPatchOperation[] }
  return type === 'application/merge-patch+json' ? { type: 'merge', body } : undefined
}

interface DeleteBody {
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string }
  readonly gracePeriodSeconds?: number
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan'
}

function remove(machinery: Machinery, { resource, namespace, name = '' }: Route, body: unknown): KubeObject | object {
  const { preconditions, gracePeriodSeconds, propagationPolicy: propagation } = (body ?? {}) as DeleteBody
  const key = { name, ...(namespace !== undefined && { namespace }) }
  const left = machinery.delete(resource, key, {
    ...preconditions,
    ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
    ...(propagation && { propagation }),
  })
  return left ?? { apiVersion: 'v1', kind: 'Status', metadata: {}, status: 'Success' }
}
