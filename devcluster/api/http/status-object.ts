/** The Status object of the API: how a refusal goes over the wire. Pure. */
import type { StatusError } from '../../../operator/kube/status-error.ts'

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
