/**
 * Claims of the StorageClass `anabranch-local` become folders: a volume is made for each and bound to it.
 *
 * ```
 * <data>/volumes/<pv name>/     what pods mount; shared by all nodes of a runner, so that ReadWriteMany holds
 * ```
 * Bound at once. Capacity is what was asked for and is not enforced; it grows when a claim asks for more. A volume that is released is deleted with its
 * folder, or kept where its reclaim policy is `Retain`. Volumes of other runners are left alone. Does not: bind volumes that people made
 * (a controller manager does), snapshot, or clone.
 */
import { join } from 'node:path'
import type { Logger } from '../../../dataplane/core/ports.ts'
import type { KubeApi } from '../../../operator/kube/api.ts'
import { resources } from '../../../operator/kube/resource.ts'
import { isAlreadyExists, isConflict, isNotFound } from '../../../operator/kube/status-error.ts'
import type { EventRecorder } from '../events.ts'
import type { Claim, PersistentVolume } from '../objects.ts'
import type { Folders } from '../ports.ts'
import { quantity } from '../quantity.ts'

export const storageClassName = 'anabranch-local'
const provisioner = 'anabranch.dev/local-folder'
const runnerAnnotation = 'anabranch.dev/pod-runner'

export interface ProvisionerOptions {
  readonly api: KubeApi
  readonly logger: Logger
  readonly events: EventRecorder
  readonly folders: Folders
  /** Folder of all volumes. */
  readonly root: string
  /** Names this runner: its volumes carry it. */
  readonly runner: string
  readonly claims: () => readonly Claim[]
  readonly volumes: () => readonly PersistentVolume[]
}

export class Provisioner {
  readonly #options: ProvisionerOptions

  constructor(options: ProvisionerOptions) {
    this.#options = options
  }

  /** The class is shared by all runners and outlives them. */
  async ensureClass(): Promise<void> {
    const storageClass = {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: {
        name: storageClassName,
        annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
      },
      provisioner,
      reclaimPolicy: 'Delete',
      volumeBindingMode: 'Immediate',
      allowVolumeExpansion: true,
    }
    await this.#options.api.create(resources.storageClasses, storageClass).catch((error: unknown) => {
      if (!isAlreadyExists(error)) throw error
    })
  }

  async pass(): Promise<void> {
    const { claims, volumes } = this.#options
    for (const claim of claims()) await this.#tend(claim)
    for (const volume of volumes())
      if (volume.metadata.annotations?.[runnerAnnotation] === this.#options.runner) await this.#reclaim(volume)
  }

  /** Deletes the volumes of this runner whose claims are gone, whatever their policy: for a runner that will not come back. */
  async forget(): Promise<void> {
    for (const { metadata } of this.#options.volumes())
      if (metadata.annotations?.[runnerAnnotation] === this.#options.runner)
        await ignoring(this.#options.api.delete(resources.persistentVolumes, { name: metadata.name }))
  }

  async #tend(claim: Claim): Promise<void> {
    const { logger } = this.#options
    if (claim.metadata.deletionTimestamp !== undefined || claim.spec.storageClassName !== storageClassName) return
    try {
      if (claim.spec.volumeName === undefined) await this.#provision(claim)
      else if (claim.status?.phase !== 'Bound') await this.#confirm(claim)
      else await this.#grow(claim)
    } catch (error) {
      if (!isConflict(error) && !isNotFound(error))
        logger.warn('claim', { claim: `${claim.metadata.namespace}/${claim.metadata.name}`, error })
    }
  }

  async #provision(claim: Claim): Promise<void> {
    const { api, folders, root, runner, events } = this.#options
    const { name, namespace, uid } = claim.metadata
    const volumeName = `pvc-${uid}`
    const path = join(root, volumeName)
    await folders.make(path)
    const volume = {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: {
        name: volumeName,
        annotations: { 'pv.kubernetes.io/provisioned-by': provisioner, [runnerAnnotation]: runner },
      },
      spec: {
        capacity: { storage: String(claim.spec.resources?.requests?.storage ?? '1Gi') },
        accessModes: claim.spec.accessModes,
        persistentVolumeReclaimPolicy: 'Delete',
        storageClassName,
        claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid },
        hostPath: { path, type: '' },
      },
    }
    await api.create(resources.persistentVolumes, volume).catch((error: unknown) => {
      if (!isAlreadyExists(error)) throw error
    })
    const annotations = {
      ...claim.metadata.annotations,
      'pv.kubernetes.io/bind-completed': 'yes',
      'pv.kubernetes.io/bound-by-controller': 'yes',
    }
    const bound = await api.replace(resources.persistentVolumeClaims, {
      ...claim,
      metadata: { ...claim.metadata, annotations },
      spec: { ...claim.spec, volumeName },
    })
    events.record(claim, 'Normal', 'ProvisioningSucceeded', `Successfully provisioned volume ${volumeName}`)
    await this.#confirm(bound as Claim)
  }

  /** Says Bound on both sides; a controller manager would say the same. */
  async #confirm(claim: Claim): Promise<void> {
    const { api } = this.#options
    const volume = await api.get(resources.persistentVolumes, { name: claim.spec.volumeName! })
    if (volume === undefined) return this.#lost(claim)
    const { capacity, accessModes } = (volume as PersistentVolume).spec
    if ((volume as PersistentVolume).status?.phase !== 'Bound') {
      const status = { phase: 'Bound' }
      await ignoring(api.replace(resources.persistentVolumes, { ...volume, status }, { subresource: 'status' }))
    }
    const status = { ...claim.status, phase: 'Bound', accessModes, capacity }
    await api.replace(resources.persistentVolumeClaims, { ...claim, status }, { subresource: 'status' })
  }

  async #lost(claim: Claim): Promise<void> {
    const { api, events } = this.#options
    events.record(
      claim,
      'Warning',
      'ClaimLost',
      'Bound claim has lost its PersistentVolume. Data on the volume is lost!',
    )
    const status = { ...claim.status, phase: 'Lost' }
    if (claim.status?.phase !== 'Lost')
      await api.replace(resources.persistentVolumeClaims, { ...claim, status }, { subresource: 'status' })
  }

  async #grow(claim: Claim): Promise<void> {
    const { api, volumes } = this.#options
    const wanted = claim.spec.resources?.requests?.storage ?? 0
    const volume = volumes().find(({ metadata }) => metadata.name === claim.spec.volumeName)
    if (volume === undefined) return
    if (quantity(volume.spec.capacity?.storage ?? 0) < quantity(wanted)) {
      const spec = { ...volume.spec, capacity: { storage: String(wanted) } }
      await api.replace(resources.persistentVolumes, { ...volume, spec })
    }
    if (quantity(claim.status?.capacity?.storage ?? 0) >= quantity(wanted)) return
    const status = { ...claim.status, capacity: { storage: String(wanted) } }
    await api.replace(resources.persistentVolumeClaims, { ...claim, status }, { subresource: 'status' })
  }

  async #reclaim(volume: PersistentVolume): Promise<void> {
    const { api, claims, folders, root } = this.#options
    const { claimRef, persistentVolumeReclaimPolicy } = volume.spec
    if (claims().some(({ metadata }) => metadata.uid === claimRef?.uid)) return
    if (persistentVolumeReclaimPolicy !== 'Delete') return
    // The watch may lag behind: the last word is the server's.
    const key = { name: claimRef?.name ?? '', namespace: claimRef?.namespace ?? '' }
    const claim = await api.get(resources.persistentVolumeClaims, key)
    if (claim !== undefined && claim.metadata.uid === claimRef?.uid) return
    await folders.remove(join(root, volume.metadata.name))
    await ignoring(api.delete(resources.persistentVolumes, { name: volume.metadata.name }))
  }
}

/** Somebody else did it, or will. */
async function ignoring(write: Promise<unknown>): Promise<void> {
  await write.catch((error: unknown) => {
    if (!isNotFound(error) && !isConflict(error)) throw error
  })
}
