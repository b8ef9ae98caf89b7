import { describe, expect, test } from 'vitest'
import { deployment } from './deployment.ts'
import { namespaceAndAccount, roles } from './manifests.ts'

const options = { namespace: 'anabranch', image: 'anabranch:1.2.3' }

interface Template {
  readonly spec: {
    readonly selector: { readonly matchLabels: object }
    readonly template: {
      readonly metadata: { readonly labels: object }
      readonly spec: {
        readonly serviceAccountName: string
        readonly securityContext: object
        readonly containers: readonly { readonly env: readonly object[]; readonly securityContext: object }[]
      }
    }
  }
}

describe('install', () => {
  const { spec } = deployment(options) as unknown as Template
  const pod = spec.template.spec

  test('install: the pod -> keeps the restricted standard, with a root that nobody writes to', () => {
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
    for (const { securityContext } of pod.containers) {
      expect(securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      })
    }
  })

  test('install: the pod -> has the account that the roles are given to', () => {
    const accounts = [...namespaceAndAccount(options), ...roles(options)].flatMap((object) =>
      object.kind === 'ServiceAccount'
        ? [object.metadata.name]
        : ((object.subjects as { name: string }[]) ?? []).map(({ name }) => name),
    )
    expect(new Set(accounts)).toEqual(new Set([pod.serviceAccountName]))
  })

  test('install: the selector -> finds its pods, and the labels that NetworkPolicies let in', () => {
    expect(spec.template.metadata.labels).toEqual(spec.selector.matchLabels)
    expect(spec.selector.matchLabels).toEqual({
      'app.kubernetes.io/name': 'anabranch',
      'app.kubernetes.io/component': 'operator',
    })
  })

  test('install: clusters that name no image -> are told the one that the operator runs', () => {
    expect(pod.containers[0]?.env).toContainEqual({ name: 'ANABRANCH_IMAGE', value: 'anabranch:1.2.3' })
  })
})
