/**
 * Which files a volume of an object holds: pure, from ConfigMaps, Secrets and the downward API.
 *
 * Does not: write them (`mounts.ts`), or ask for tokens (they are passed in, by path in the volume).
 */

import { type FieldInput, fieldValue, resourceFieldValue } from '../container/fields.ts'
import type { ConfigMap, ConfigMapSource, DownwardItem, KeyToPath, Pod, Secret, Volume } from '../objects.ts'

/** By path in the volume. */
export type Files = Readonly<Record<string, Uint8Array>>

export type ContentResult = { readonly ok: Files } | { readonly missing: string }

export interface ContentInput extends FieldInput {
  readonly configMap: (name: string) => ConfigMap | undefined
  readonly secret: (name: string) => Secret | undefined
  /** Tokens of projected volumes, by path. */
  readonly token: (path: string) => string | undefined
}

/** `undefined` for a volume that is a plain folder. */
export function contentOf(volume: Volume, input: ContentInput): ContentResult | undefined {
  if (volume.configMap !== undefined) return ofConfigMap(volume.configMap, input)
  if (volume.secret !== undefined) {
    const { secretName, ...others } = volume.secret
    return ofSecret({ name: secretName, ...others }, input)
  }
  if (volume.downwardAPI !== undefined) return { ok: ofDownward(volume.downwardAPI.items, input) }
  if (volume.projected === undefined) return undefined
  const files: Record<string, Uint8Array> = {}
  for (const source of volume.projected.sources ?? []) {
    const part = source.configMap
      ? ofConfigMap(source.configMap, input)
      : source.secret
        ? ofSecret(source.secret, input)
        : source.serviceAccountToken
          ? ofToken(source.serviceAccountToken.path, input)
          : { ok: ofDownward(source.downwardAPI?.items, input) }
    if ('missing' in part) return part
    Object.assign(files, part.ok)
  }
  return { ok: files }
}

function ofConfigMap(source: ConfigMapSource, input: ContentInput): ContentResult {
  const object = input.configMap(source.name ?? '')
  if (object === undefined) return source.optional ? { ok: {} } : { missing: `configmap "${source.name}" not found` }
  const all: Record<string, Uint8Array> = {}
  for (const [key, value] of Object.entries(object.data ?? {})) all[key] = Buffer.from(value, 'utf8')
  for (const [key, value] of Object.entries(object.binaryData ?? {})) all[key] = Buffer.from(value, 'base64')
  return chosen(all, source, `configmap "${source.name}"`)
}

function ofSecret(source: ConfigMapSource, input: ContentInput): ContentResult {
  const object = input.secret(source.name ?? '')
  if (object === undefined) return source.optional ? { ok: {} } : { missing: `secret "${source.name}" not found` }
  const all = Object.fromEntries(
    Object.entries(object.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64')]),
  )
  return chosen(all, source, `secret "${source.name}"`)
}

function chosen(
  all: Files,
  { items, optional }: { readonly items?: readonly KeyToPath[]; readonly optional?: boolean },
  what: string,
): ContentResult {
  if (items === undefined || items.length === 0) return { ok: all }
  const files: Record<string, Uint8Array> = {}
  for (const { key, path } of items) {
    const bytes = all[key]
    if (bytes !== undefined) files[path] = bytes
    else if (optional !== true) return { missing: `${what} references non-existent key: ${key}` }
  }
  return { ok: files }
}

function ofToken(path: string, input: ContentInput): ContentResult {
  const token = input.token(path)
  return token === undefined
    ? { missing: `no token of service account "${input.pod.spec.serviceAccountName ?? 'default'}" yet` }
    : { ok: { [path]: Buffer.from(token, 'utf8') } }
}

function ofDownward(items: readonly DownwardItem[] = [], input: ContentInput): Files {
  return Object.fromEntries(
    items.map(({ path, fieldRef, resourceFieldRef }) => {
      const text = fieldRef
        ? fieldValue(fieldRef.fieldPath, input)
        : resourceFieldRef
          ? resourceFieldValue(resourceFieldRef, input.pod)
          : ''
      return [path, Buffer.from(text, 'utf8')]
    }),
  )
}

/** Names of ConfigMaps and Secrets that a pod's volumes and variables mention, `kind/name`. */
export function mentioned(pod: Pod): ReadonlySet<string> {
  const names = new Set<string>()
  const add = (kind: 'configmap' | 'secret', name: string | undefined) => name && names.add(`${kind}/${name}`)
  for (const volume of pod.spec.volumes ?? []) {
    add('configmap', volume.configMap?.name)
    add('secret', volume.secret?.secretName)
    for (const source of volume.projected?.sources ?? []) {
      add('configmap', source.configMap?.name)
      add('secret', source.secret?.name)
    }
  }
  for (const container of [...(pod.spec.initContainers ?? []), ...pod.spec.containers]) {
    for (const from of container.envFrom ?? []) {
      add('configmap', from.configMapRef?.name)
      add('secret', from.secretRef?.name)
    }
    for (const { valueFrom } of container.env ?? []) {
      add('configmap', valueFrom?.configMapKeyRef?.name)
      add('secret', valueFrom?.secretKeyRef?.name)
    }
  }
  return names
}
