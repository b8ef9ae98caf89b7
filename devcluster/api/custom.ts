/**
 * A served kind from a CustomResourceDefinition: what its schema says of lists, whether it has a status.
 *
 * Does not: default, prune or validate by the schema; give `admit` to the kind where that matters.
 */
import type { KubeObject } from '../../operator/kube/object.ts'
import type { ServedKind } from './built-in.ts'
import { withMetadata } from './built-in.ts'
import { shapeOfSchema } from './shape.ts'

interface DefinitionSpec {
  readonly group: string
  readonly scope: string
  readonly names: { readonly plural: string; readonly kind: string }
  readonly versions: readonly {
    readonly name: string
    readonly served: boolean
    readonly schema?: { readonly openAPIV3Schema?: Parameters<typeof shapeOfSchema>[0] }
    readonly subresources?: { readonly status?: unknown }
  }[]
}

/** One kind for each served version. */
export function kindsOf(definition: KubeObject): ServedKind[] {
  const { group, scope, names, versions } = definition.spec as DefinitionSpec
  return versions
    .filter(({ served }) => served)
    .map((version) => ({
      resource: {
        group,
        version: version.name,
        plural: names.plural,
        kind: names.kind,
        namespaced: scope === 'Namespaced',
      },
      status: version.subresources?.status !== undefined,
      generation: true,
      versionRequired: true,
      shape: withMetadata(shapeOfSchema(version.schema?.openAPIV3Schema ?? {})),
    }))
}
