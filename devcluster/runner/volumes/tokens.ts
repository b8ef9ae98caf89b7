/**
 * Tokens of service accounts for projected volumes: asked from the API server, bound to the pod, asked anew when four fifths of their time have passed.
 */
import type { Clock } from '../../../dataplane/core/ports.ts'
import type { KubeApi } from '../../../operator/kube/api.ts'
import { resources } from '../../../operator/kube/resource.ts'
import type { Pod, TokenSource } from '../objects.ts'

const defaultSeconds = 3_600

export class PodTokens {
  readonly #api: KubeApi
  readonly #clock: Clock
  readonly #held = new Map<string, { token: string; renewAt: number }>()

  constructor(api: KubeApi, clock: Clock) {
    this.#api = api
    this.#clock = clock
  }

  /** By path in the volume. A token that can't be had is left out: the volume says so. */
  async of(pod: Pod): Promise<ReadonlyMap<string, string>> {
    const sources = (pod.spec.volumes ?? [])
      .flatMap(({ projected }) => projected?.sources ?? [])
      .flatMap(({ serviceAccountToken }) => (serviceAccountToken === undefined ? [] : [serviceAccountToken]))
    const tokens = new Map<string, string>()
    for (const source of sources) {
      const token = await this.#token(pod, source).catch(() => undefined)
      if (token !== undefined) tokens.set(source.path, token)
    }
    return tokens
  }

  async #token(pod: Pod, source: TokenSource): Promise<string> {
    const { name, namespace, uid } = pod.metadata
    const held = this.#held.get(source.path)
    if (held !== undefined && this.#clock.now() < held.renewAt) return held.token
    const expirationSeconds = source.expirationSeconds ?? defaultSeconds
    const answer = await this.#api.create(
      resources.serviceAccounts,
      {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        metadata: { name: pod.spec.serviceAccountName ?? 'default', namespace: namespace! },
        spec: {
          audiences: source.audience === undefined ? [] : [source.audience],
          expirationSeconds,
          boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
        },
      },
      { subresource: 'token' },
    )
    const { token } = answer.status as { token: string }
    this.#held.set(source.path, { token, renewAt: this.#clock.now() + expirationSeconds * 800 })
    return token
  }
}
