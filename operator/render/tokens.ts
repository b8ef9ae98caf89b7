/** The Secret of a token that the operator makes. It outlives project and cluster: a project with that id has it back. */
import type { KubeObject } from '../kube/object.ts'
import { digestOf } from './digest.ts'
import { labelNames, labelsOf, tokenSecretName } from './names.ts'

export interface TokenOf {
  readonly namespace: string
  readonly cluster: string
  readonly project: { readonly name: string; readonly id: string }
  /** Name of the token in the project. */
  readonly token: string
}

export const tokenKey = 'token'

/** Without its data: the token is random, and made when it is written. */
export function tokenSecret({ namespace, cluster, project, token }: TokenOf): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: tokenSecretName(project.name, token),
      namespace,
      labels: { ...labelsOf(cluster), [labelNames.project]: labelOfId(project.id) },
    },
    type: 'Opaque',
  }
}

/** A project's id as the value of a label: itself, or a digest where a label may not be so long or end so. */
export function labelOfId(id: string): string {
  if (/^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/.test(id)) return id
  return `x${digestOf(id)}`
}
