/** The refusals of an API server by name, so that each is said the same way everywhere. */
import type { ObjectKey } from '../../operator/kube/object.ts'
import { keyText } from '../../operator/kube/object.ts'
import { type Resource, resourceName } from '../../operator/kube/resource.ts'
import { type StatusCause, StatusError } from '../../operator/kube/status-error.ts'

/** What is being asked, for messages. */
export interface Asked {
  readonly verb: string
  readonly resource: Resource
  readonly key?: ObjectKey
}

function refuse(asked: Asked, status: number, reason: string, message: string, causes?: readonly StatusCause[]): never {
  const object = asked.key === undefined ? '' : ` ${keyText(asked.key)}`
  throw new StatusError({
    status,
    reason,
    message,
    request: `${asked.verb} ${resourceName(asked.resource)}${object}`,
    ...(causes && { causes }),
  })
}

const named = ({ resource, key }: Asked) => `${resourceName(resource)} "${key?.name ?? ''}"`

export const refusal = {
  /** Of a path that names no resource. */
  notServed: (request: string): never => {
    const message = 'the server could not find the requested resource'
    throw new StatusError({ status: 404, reason: 'NotFound', message, request })
  },
  notFound: (asked: Asked) => refuse(asked, 404, 'NotFound', `${named(asked)} not found`),
  noResource: (asked: Asked) => refuse(asked, 404, 'NotFound', 'the server could not find the requested resource'),
  noNamespace: (asked: Asked, namespace: string) =>
    refuse(asked, 404, 'NotFound', `namespaces "${namespace}" not found`),
  terminating: (asked: Asked, namespace: string) =>
    refuse(
      asked,
      403,
      'Forbidden',
      `unable to create new content in namespace ${namespace} because it is being terminated`,
    ),
  exists: (asked: Asked) => refuse(asked, 409, 'AlreadyExists', `${named(asked)} already exists`),
  stale: (asked: Asked) =>
    refuse(
      asked,
      409,
      'Conflict',
      `Operation cannot be fulfilled on ${named(asked)}: the object has been modified; please apply your changes to the latest version and try again`,
    ),
  precondition: (asked: Asked, field: string, { got, want }: { got: string; want: string }) =>
    refuse(
      asked,
      409,
      'Conflict',
      `Precondition failed: ${field} in precondition: ${want}, ${field} in object meta: ${got}`,
    ),
  owned: (asked: Asked, causes: readonly StatusCause[]) =>
    refuse(
      asked,
      409,
      'Conflict',
      `Apply failed with ${causes.length} conflict${causes.length === 1 ? '' : 's'}: ${causes.map(({ message, field }) => `${message}: ${field}`).join(', ')}`,
      causes,
    ),
  invalid: (asked: Asked, field: string, message: string) =>
    refuse(
      asked,
      422,
      'Invalid',
      `${asked.resource.kind} "${asked.key?.name ?? ''}" is invalid: ${field}: ${message}`,
      [{ field, message, reason: 'FieldValueInvalid' }],
    ),
  malformed: (asked: Asked, message: string) => refuse(asked, 400, 'BadRequest', message),
  expired: (asked: Asked, revision: number | string) =>
    refuse(asked, 410, 'Expired', `too old resource version: ${revision}`),
  ahead: (asked: Asked, revision: number | string) =>
    refuse(asked, 504, 'Timeout', `Too large resource version: ${revision}`),
} as const
