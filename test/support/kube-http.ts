/** An API server on a socket of its own and a client that speaks to it, for tests of what goes wrong between them. */
import type { Clock } from '../../dataplane/core/ports.ts'
import { ApiServer, type ApiServerOptions } from '../../devcluster/api/http/server.ts'
import type { Machinery } from '../../devcluster/api/machinery.ts'
import type { Access } from '../../operator/kube/client/access.ts'
import { HttpApi } from '../../operator/kube/client/http-api.ts'
import { memoryApi } from './kube-memory.ts'

export interface HttpWorld {
  readonly api: HttpApi
  readonly machinery: Machinery
  readonly server: ApiServer
  readonly url: string
  stop(): Promise<void>
}

export type HttpWorldOptions = Pick<ApiServerOptions, 'bookmarkMs' | 'authorise' | 'tls'> & {
  historyMax?: number
  access?: Partial<Access>
}

export async function httpWorld(
  clock: Clock,
  { historyMax, access, ...options }: HttpWorldOptions = {},
): Promise<HttpWorld> {
  const { machinery } = memoryApi(clock, historyMax === undefined ? {} : { historyMax })
  const server = new ApiServer({ machinery, clock, ...options })
  const url = await server.listen()
  const api = httpApi({ server: url, namespace: 'default', credentials: async () => ({}), forget: () => {}, ...access })
  return {
    api,
    machinery,
    server,
    url,
    stop: async () => {
      await api.close()
      await server.close()
    },
  }
}

export function httpApi(access: Access): HttpApi {
  return new HttpApi({ access, userAgent: 'anabranch-test/1', monotonic: () => 0 })
}
