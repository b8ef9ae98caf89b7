/**
 * The environment of a container: pure, from its spec and the objects that it names.
 *
 * In the order of a kubelet: links to Services, `envFrom`, `env`; later ones win, and `$(NAME)` stands for one that came before.
 * Does not: read the environment of the runner (the image says what is passed on), or rewrite paths (`view.ts`).
 */
import type { ConfigMap, Container, EnvVar, Pod, Secret, Service } from '../objects.ts'
import { fieldValue, resourceFieldValue } from './fields.ts'

export interface EnvironmentInput {
  readonly pod: Pod
  readonly podIp: string
  readonly hostIp: string
  readonly configMap: (name: string) => ConfigMap | undefined
  readonly secret: (name: string) => Secret | undefined
  readonly services: readonly { readonly service: Service; readonly address: string }[]
}

export type Environment = Readonly<Record<string, string>>

/** Says in a kubelet's words what is missing. */
export type EnvironmentResult = { readonly ok: Environment } | { readonly missing: string }

export function environmentOf(container: Container, input: EnvironmentInput): EnvironmentResult {
  const values: Record<string, string> = { HOSTNAME: input.pod.spec.hostname ?? input.pod.metadata.name }
  if (input.pod.spec.enableServiceLinks !== false) Object.assign(values, serviceLinks(input.services))
  for (const from of container.envFrom ?? []) {
    const ref = from.configMapRef ?? from.secretRef
    const entries = from.configMapRef ? input.configMap(ref?.name ?? '')?.data : decoded(input.secret(ref?.name ?? ''))
    if (entries === undefined && ref?.optional !== true) {
      return { missing: `${from.configMapRef ? 'configmap' : 'secret'} "${ref?.name}" not found` }
    }
    for (const [key, value] of Object.entries(entries ?? {})) values[`${from.prefix ?? ''}${key}`] = value
  }
  for (const variable of container.env ?? []) {
    const found = resolve(variable, container, input)
    if (found.missing !== undefined) return { missing: found.missing }
    if (found.value !== undefined) values[variable.name] = expanded(found.value, values)
  }
  return { ok: values }
}

function resolve(
  { value, valueFrom }: EnvVar,
  container: Container,
  input: EnvironmentInput,
): { value?: string; missing?: string } {
  if (valueFrom === undefined) return { value: value ?? '' }
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = valueFrom
  if (fieldRef !== undefined) return { value: fieldValue(fieldRef.fieldPath, input) }
  if (resourceFieldRef !== undefined) return { value: resourceFieldValue(resourceFieldRef, input.pod, container) }
  const ref = configMapKeyRef ?? secretKeyRef
  if (ref === undefined) return { value: '' }
  const kind = configMapKeyRef ? 'ConfigMap' : 'Secret'
  const data = configMapKeyRef ? input.configMap(ref.name ?? '')?.data : decoded(input.secret(ref.name ?? ''))
  if (data?.[ref.key] !== undefined) return { value: data[ref.key] }
  if (ref.optional === true) return {}
  return {
    missing:
      data === undefined
        ? `${kind.toLowerCase()} "${ref.name}" not found`
        : `couldn't find key ${ref.key} in ${kind} ${input.pod.metadata.namespace}/${ref.name}`,
  }
}

/** `$(NAME)` by its value where there is one, `$$(NAME)` literally `$(NAME)`. */
export function expanded(text: string, values: Environment): string {
  return text.replace(/\$\$|\$\(([\w.-]+)\)/g, (found, name: string | undefined) =>
    name === undefined ? '$' : (values[name] ?? found),
  )
}

/** Variables as Docker links had them, of each Service that is there when the container starts. */
function serviceLinks(services: EnvironmentInput['services']): Environment {
  const links: Record<string, string> = {}
  for (const { service, address } of services) {
    const prefix = service.metadata.name.toUpperCase().replaceAll('-', '_')
    const [first] = service.spec.ports ?? []
    if (first === undefined) continue
    links[`${prefix}_SERVICE_HOST`] = address
    links[`${prefix}_SERVICE_PORT`] = String(first.port)
    for (const { name, port } of service.spec.ports ?? [])
      if (name !== undefined) links[`${prefix}_SERVICE_PORT_${name.toUpperCase().replaceAll('-', '_')}`] = String(port)
  }
  return links
}

function decoded(secret: Secret | undefined): Environment | undefined {
  if (secret === undefined) return undefined
  return Object.fromEntries(
    Object.entries(secret.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]),
  )
}
