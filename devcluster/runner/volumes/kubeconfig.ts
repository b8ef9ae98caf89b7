/**
 * A kubeconfig for a pod with the token of its service account: pure.
 *
 * Programs in a cluster read the token at a fixed path, where a process of this machine finds nothing. They all read `KUBECONFIG` first, so the
 * runner puts one beside the volume, and the pod is to the API server who it would be in a cluster.
 */

/** Where every program in a cluster looks for its token. */
export const accountMountPath = '/var/run/secrets/kubernetes.io/serviceaccount'

export const kubeconfigPath = (volumeFolder: string) => `${volumeFolder}.kubeconfig`

/** JSON, which is YAML too. The token is read from its file each time it is needed: it rotates. */
export function kubeconfig(server: string, volumeFolder: string, namespace: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'pod',
    clusters: [{ name: 'cluster', cluster: { server, 'certificate-authority': `${volumeFolder}/ca.crt` } }],
    users: [{ name: 'account', user: { tokenFile: `${volumeFolder}/token` } }],
    contexts: [{ name: 'pod', context: { cluster: 'cluster', user: 'account', namespace } }],
  })
}
