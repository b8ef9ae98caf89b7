/**
 * The volumes of one pod as folders: made before its first container, and kept current as ConfigMaps and Secrets change.
 *
 * A change shows at once, where a kubelet takes up to a minute. A claim leads to the folder of its volume; a folder that has vanished is
 * reported, never made anew: an empty volume in place of a lost one would pass for data. Does not: limit sizes, or make anything read-only.
 */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Container, Pod, Volume } from '../objects.ts'
import type { Folders } from '../ports.ts'
import { type ContentInput, contentOf, type Files } from './content.ts'
import { kubeconfig, kubeconfigPath } from './kubeconfig.ts'

export interface MountInput extends Omit<ContentInput, 'token'> {
  /** Folder of a claim in the pod's namespace, or what keeps it from being one. */
  readonly claim: (name: string) => { readonly path: string } | { readonly problem: string }
  readonly tokens: (pod: Pod) => Promise<ReadonlyMap<string, string>>
}

export type Mounted =
  | { readonly ready: true; readonly paths: ReadonlyMap<string, string> }
  | { readonly ready: false; readonly message: string }

export class PodVolumes {
  readonly #folders: Folders
  readonly #root: string
  readonly #published = new Map<string, string>()

  readonly #server: string | undefined

  /** `root`: the folder that the volumes of this pod are made in. `server`: URL of the API server, for pods that speak to it. */
  constructor(folders: Folders, root: string, server?: string) {
    this.#folders = folders
    this.#root = root
    this.#server = server
  }

  async prepare(pod: Pod, input: MountInput): Promise<Mounted> {
    const paths = new Map<string, string>()
    const tokens = await input.tokens(pod)
    for (const volume of pod.spec.volumes ?? []) {
      const placed = await this.#place(volume, { ...input, token: (path) => tokens.get(path) })
      if (placed.problem !== undefined) {
        return { ready: false, message: `MountVolume.SetUp failed for volume "${volume.name}" : ${placed.problem}` }
      }
      paths.set(volume.name, placed.path)
    }
    return { ready: true, paths }
  }

  async #place(
    volume: Volume,
    input: MountInput & ContentInput,
  ): Promise<{ path: string; problem?: undefined } | { problem: string }> {
    const path = join(this.#root, volume.name)
    const content = contentOf(volume, input)
    if (content !== undefined) {
      if ('missing' in content) return this.#published.has(volume.name) ? { path } : { problem: content.missing }
      await this.#publish(volume.name, path, content.ok)
      if (this.#server !== undefined && volume.projected?.sources?.some((one) => one.serviceAccountToken)) {
        const text = kubeconfig(this.#server, path, input.pod.metadata.namespace ?? 'default')
        await this.#folders.writeText(kubeconfigPath(path), text)
      }
      return { path }
    }
    if (volume.persistentVolumeClaim !== undefined) {
      const claim = input.claim(volume.persistentVolumeClaim.claimName)
      if ('problem' in claim) return claim
      if (await this.#folders.exists(claim.path)) return { path: claim.path }
      return { problem: `the folder of claim "${volume.persistentVolumeClaim.claimName}" is gone: ${claim.path}` }
    }
    if (volume.hostPath !== undefined) return this.#hostPath(volume.hostPath)
    if (volume.emptyDir === undefined) return { problem: 'the runner has no volumes of this type' }
    await this.#folders.make(path)
    return { path }
  }

  async #hostPath({ path, type = '' }: NonNullable<Volume['hostPath']>) {
    if (type === 'DirectoryOrCreate') await this.#folders.make(path)
    if (type === '' || (await this.#folders.exists(path))) return { path }
    return { problem: `hostPath type check failed: ${path} is not a ${type}` }
  }

  async #publish(name: string, path: string, files: Files): Promise<void> {
    const hash = createHash('sha256')
    for (const key of Object.keys(files).sort()) hash.update(`${key}\0${files[key]!.length}\0`).update(files[key]!)
    const digest = hash.digest('hex')
    if (this.#published.get(name) === digest) return
    await this.#folders.publish(path, files)
    this.#published.set(name, digest)
  }
}

/** Where the mounts of a container lead; `subPath` to a part of the volume. */
export function mountsOf(
  container: Container,
  paths: ReadonlyMap<string, string>,
): readonly { readonly mountPath: string; readonly path: string }[] {
  return (container.volumeMounts ?? []).map(({ name, mountPath, subPath = '' }) => ({
    mountPath,
    path: join(paths.get(name) ?? '', subPath),
  }))
}
