/** Label and field selectors: text to predicate, by the grammar of the Kubernetes reference. Throws `SyntaxError` on what that does not allow. */

import type { Selection } from '../../operator/kube/api.ts'
import type { KubeObject } from '../../operator/kube/object.ts'

export type Matches = (object: KubeObject) => boolean

/** What a list or watch with this selection sees. */
export function matching({ namespace, labelSelector, fieldSelector }: Selection): Matches {
  const byLabel = labelSelector === undefined || labelSelector === '' ? [] : labelRequirements(labelSelector)
  const byField = fieldSelector === undefined || fieldSelector === '' ? [] : fieldRequirements(fieldSelector)
  const requirements = [...byLabel, ...byField]
  return (object) =>
    (namespace === undefined || object.metadata.namespace === namespace) && requirements.every((holds) => holds(object))
}

const requirement =
  /^\s*(?:(!)\s*([\w./-]+)|([\w./-]+)\s+(in|notin)\s*\(([^)]*)\)|([\w./-]+)\s*(==|=|!=)\s*([\w.-]*)|([\w./-]+))\s*$/

function labelRequirements(text: string): Matches[] {
  return text.split(/,(?![^(]*\))/).map((part) => {
    const match = requirement.exec(part)
    if (match === null) throw new SyntaxError(`label selector "${text}": "${part}" is no requirement`)
    const [, not, absent, listed, how, values, compared, operator, value, present] = match
    const label = (object: KubeObject, name: string) => object.metadata.labels?.[name]
    if (not !== undefined) return (object) => label(object, absent!) === undefined
    if (present !== undefined) return (object) => label(object, present) !== undefined
    if (listed !== undefined) {
      const wanted = values!.split(',').map((item) => item.trim())
      return (object) => wanted.includes(label(object, listed) as string) === (how === 'in')
    }
    return (object) => (label(object, compared!) === value) === (operator !== '!=')
  })
}

function fieldRequirements(text: string): Matches[] {
  return text.split(',').map((part) => {
    const match = /^\s*([\w.]+)\s*(==|=|!=)\s*(.*?)\s*$/.exec(part)
    if (match === null) throw new SyntaxError(`field selector "${text}": "${part}" is no requirement`)
    const [, path, operator, value] = match
    return (object) => {
      const found = path!
        .split('.')
        .reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], object)
      return (String(found ?? '') === value) === (operator !== '!=')
    }
  })
}
