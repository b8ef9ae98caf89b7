/**
 * The volumes of log and store: made once, grown when the spec asks for more, never made anew in the place of one
 * that was lost (OPR-1).
 */

import { compareQuantities } from '../../../crds/quantity.ts'
import type { KubeObject } from '../../kube/object.ts'
import { resources } from '../../kube/resource.ts'
import { logClaim, storeClaim } from '../../render/claims.ts'
import type { ClusterView } from '../../render/view.ts'
import type { Apply } from '../action.ts'
import type { Claim } from '../seen.ts'

export function planVolumes(view: ClusterView, seen: { log: Claim | undefined; store: Claim | undefined }): Apply[] {
  const apply = (wanted: KubeObject, claim: Claim | undefined): Apply => ({
    do: 'apply',
    resource: resources.persistentVolumeClaims,
    object: claim === undefined ? wanted : grown(wanted, claim),
    goesOn: true,
  })
  return [apply(logClaim(view), seen.log), apply(storeClaim(view), seen.store)]
}

/** What is fixed stays as it is, an adopted volume may be larger than the spec says. */
function grown(wanted: KubeObject, { spec }: Claim): KubeObject {
  const { accessModes, storageClassName, resources: has } = spec as ClaimSpec
  const size = (wanted.spec as ClaimSpec).resources.requests.storage
  const former = has.requests.storage
  const storage = compareQuantities(size, former) > 0 ? size : former
  return {
    ...wanted,
    spec: {
      accessModes,
      resources: { requests: { storage } },
      ...(storageClassName !== undefined && { storageClassName }),
    },
  }
}

interface ClaimSpec {
  readonly accessModes: readonly string[]
  readonly storageClassName?: string
  readonly resources: { readonly requests: { readonly storage: string } }
}
