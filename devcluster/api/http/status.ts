/** What the server answers where it does not do what was asked. Pure. */
import { StatusError } from '../../../operator/kube/status-error.ts'

export function notServed(path: string): StatusError {
  const message = 'the server could not find the requested resource'
  return new StatusError({ status: 404, reason: 'NotFound', message, request: path })
}

/** The Status object of the API. */
export function statusObject({ status, reason, what, causes }: StatusError): object {
  const details = causes.length > 0 ? { details: { causes } } : {}
  return {
    apiVersion: 'v1',
    kind: 'Status',
    metadata: {},
    status: 'Failure',
    message: what,
    reason,
    code: status,
    ...details,
  }
}
