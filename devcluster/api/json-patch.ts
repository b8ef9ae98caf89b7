/** JSON patch (RFC 6902) and JSON merge patch (RFC 7386) on plain JSON. Throws `SyntaxError` for a path that leads nowhere or a failed test. */
import type { JsonPatchOperation } from '../../operator/kube/api.ts'
import { equalJson } from './merge.ts'
import { isMap } from './shape.ts'

export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isMap(patch)) return patch
  const merged: Record<string, unknown> = isMap(target) ? { ...target } : {}
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name]
    else merged[name] = mergePatch(merged[name], value)
  }
  return merged
}

export function jsonPatch(target: unknown, operations: readonly JsonPatchOperation[]): unknown {
  return operations.reduce((value, operation) => {
    const path = stepsOf(operation.path)
    switch (operation.op) {
      case 'test':
        if (!equalJson(read(value, path), operation.value)) throw new SyntaxError(`test of ${operation.path} failed`)
        return value
      case 'add':
        return change(value, path, { kind: 'add', value: operation.value })
      case 'replace':
        return change(value, path, { kind: 'replace', value: operation.value })
      case 'remove':
        return change(value, path, { kind: 'remove' })
      case 'copy':
        return change(value, path, { kind: 'add', value: read(value, stepsOf(operation.from)) })
      case 'move': {
        const from = stepsOf(operation.from)
        return change(change(value, from, { kind: 'remove' }), path, { kind: 'add', value: read(value, from) })
      }
      default:
        throw new SyntaxError(`no operation ${(operation as { op: string }).op}`)
    }
  }, target)
}

type Change = { readonly kind: 'add' | 'replace'; readonly value: unknown } | { readonly kind: 'remove' }

function stepsOf(path: string): string[] {
  if (path === '') return []
  if (!path.startsWith('/')) throw new SyntaxError(`path ${path} does not begin with /`)
  return path
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function read(value: unknown, steps: readonly string[]): unknown {
  const found = steps.reduce<unknown>(
    (at, step) => (Array.isArray(at) || isMap(at) ? (at as Record<string, unknown>)[step] : undefined),
    value,
  )
  if (found === undefined) throw new SyntaxError(`nothing at /${steps.join('/')}`)
  return found
}

function change(value: unknown, [step, ...rest]: readonly string[], how: Change): unknown {
  if (step === undefined) return how.kind === 'remove' ? undefined : how.value
  if (Array.isArray(value)) return changeList(value, [step, ...rest], how)
  if (!isMap(value)) throw new SyntaxError(`nothing at ${step} to change`)
  const there = Object.hasOwn(value, step)
  if (!there && (rest.length > 0 || how.kind !== 'add')) throw new SyntaxError(`nothing at ${step} to ${how.kind}`)
  const changed: Record<string, unknown> = { ...value }
  if (rest.length === 0 && how.kind === 'remove') delete changed[step]
  else changed[step] = change(value[step], rest, how)
  return changed
}

function changeList(list: readonly unknown[], [step, ...rest]: readonly [string, ...string[]], how: Change): unknown[] {
  const at = step === '-' ? list.length : Number(step)
  const insert = rest.length === 0 && how.kind === 'add'
  if (!Number.isInteger(at) || at < 0 || at > list.length - (insert ? 0 : 1)) {
    throw new SyntaxError(`no item ${step} in a list of ${list.length}`)
  }
  if (rest.length > 0) return list.with(at, change(list[at], rest, how))
  if (how.kind === 'remove') return list.toSpliced(at, 1)
  return list.toSpliced(at, insert ? 0 : 1, how.value)
}
