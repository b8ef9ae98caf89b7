/**
 * A service account of a real API server with given roles and nothing else, and a client that is it: shows what a program needs,
 * and what it is refused.
 */
import type { KubeApi } from '../../operator/kube/api.ts'
import { findAccess } from '../../operator/kube/client/connect.ts'
import { HttpApi } from '../../operator/kube/client/http-api.ts'
import { realMachine } from '../../operator/kube/client/machine.ts'
import type { KubeObject } from '../../operator/kube/object.ts'
import { type Resource, resources } from '../../operator/kube/resource.ts'
import type { ServerWorld } from './kube-server.ts'

const byKind: Readonly<Record<string, Resource>> = {
  ClusterRole: resources.clusterRoles,
  ClusterRoleBinding: resources.clusterRoleBindings,
  Role: resources.roles,
  RoleBinding: resources.roleBindings,
}

export interface Identity {
  readonly api: HttpApi
  readonly token: string
  /** PEM of whom to trust; absent: the system's. */
  readonly ca: string | undefined
  stop(): Promise<void>
}

/** `roles` name the service account `account` in the world's namespace. Their own names are made unique to the world. */
export async function identity(
  world: Pick<ServerWorld, 'namespace'> & { readonly api: KubeApi },
  account: string,
  roles: readonly KubeObject[],
): Promise<Identity> {
  const { api, namespace } = world
  const meta = { name: account, namespace }
  await api.create(resources.serviceAccounts, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: meta })
  const made = roles.map((role) => unique(role, namespace))
  for (const role of made) await api.create(byKind[role.kind]!, role)
  const issued = (await api.raw({
    method: 'POST',
    path: `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`,
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 3600 } },
  })) as { status: { token: string } }
  const access = await findAccess({ env: process.env, machine: realMachine })
  const { ca } = await access.credentials()
  const credentials = { ...(ca !== undefined && { ca }), token: issued.status.token }
  const own = new HttpApi({
    access: { ...access, credentials: () => Promise.resolve(credentials) },
    userAgent: `anabranch-test-${account}`,
    monotonic: () => performance.now(),
  })
  return {
    api: own,
    token: credentials.token,
    ca,
    stop: async () => {
      await own.close()
      // The rest goes with the namespace.
      for (const role of made.filter(({ metadata }) => metadata.namespace === undefined)) {
        await api.delete(byKind[role.kind]!, { name: role.metadata.name })
      }
    },
  }
}

/** Two runs on one server have roles of their own. */
function unique(role: KubeObject, namespace: string): KubeObject {
  const { roleRef } = role as { roleRef?: { name: string } }
  return {
    ...role,
    metadata: { ...role.metadata, name: `${namespace}-${role.metadata.name}` },
    ...(roleRef !== undefined && { roleRef: { ...roleRef, name: `${namespace}-${roleRef.name}` } }),
  }
}
