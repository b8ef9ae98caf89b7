/** A real API server, found by `KUBECONFIG`, and a namespace of one's own on it, deleted at the end. */
import { findAccess } from '../../operator/kube/client/connect.ts'
import { HttpApi, type HttpApiOptions } from '../../operator/kube/client/http-api.ts'
import { realMachine } from '../../operator/kube/client/machine.ts'
import type { KubeObject } from '../../operator/kube/object.ts'
import { resources } from '../../operator/kube/resource.ts'
import { isAlreadyExists } from '../../operator/kube/status-error.ts'

export interface ServerWorld {
  readonly api: HttpApi
  readonly namespace: string
  stop(): Promise<void>
}

/** `purpose` begins the name of the namespace. */
export async function serverWorld(purpose: string, options: Partial<HttpApiOptions> = {}): Promise<ServerWorld> {
  const access = await findAccess({ env: process.env, machine: realMachine })
  const api = new HttpApi({
    access,
    userAgent: `anabranch-test-${purpose}`,
    monotonic: () => performance.now(),
    ...options,
  })
  const made = await api.create(resources.namespaces, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: '', generateName: `test-${purpose}-` },
  })
  const namespace = made.metadata.name
  return {
    api,
    namespace,
    stop: async () => {
      await api.delete(resources.namespaces, { name: namespace })
      await api.close()
    },
  }
}

/** Makes sure that the kind is served, and resolves then. */
export async function serveDefinition(api: HttpApi, definition: KubeObject): Promise<void> {
  await api.create(resources.customResourceDefinitions, definition).catch((error: unknown) => {
    if (!isAlreadyExists(error)) throw error
  })
  const query = { fieldSelector: `metadata.name=${definition.metadata.name}`, timeoutSeconds: 60 }
  for await (const event of api.watch(resources.customResourceDefinitions, query, new AbortController().signal)) {
    if (event.type === 'BOOKMARK') continue
    // Null before the first one: the server writes an empty list of Go so.
    const { conditions } = (event.object.status ?? {}) as { conditions?: { type: string; status: string }[] | null }
    if (conditions?.some(({ type, status }) => type === 'Established' && status === 'True')) return
  }
  throw new Error(`${definition.metadata.name} was not established within 60 s`)
}
