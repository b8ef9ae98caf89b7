/**
 * The API server against the table of verdicts, with the generated CRDs in an API group of this run alone, so that neither the
 * kinds that are installed nor another run is touched. Objects are sent as `kubectl apply` sends them: unknown fields are refused.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { crd } from '../../crds/crd/document.ts'
import { judge } from '../../crds/judge.ts'
import { apiVersion, type Kind, kinds, version } from '../../crds/kind.ts'
import { samples } from '../../crds/samples.ts'
import type { KubeObject } from '../../operator/kube/object.ts'
import { resources } from '../../operator/kube/resource.ts'
import { StatusError } from '../../operator/kube/status-error.ts'
import { type ServerWorld, serveDefinition, serverWorld } from '../support/kube-server.ts'
import { describeWith } from '../support/servers.ts'
import { type Case, cases, objectOf } from './table.ts'

/** Names of a group of its own; no short names and category, which people type. */
function definition(kind: Kind, group: string): KubeObject {
  const made = structuredClone(crd(kind)) as { spec: { names: Record<string, unknown> } }
  delete made.spec.names.shortNames
  delete made.spec.names.categories
  return { ...made, metadata: { name: `${kind.plural}.${group}` }, spec: { ...made.spec, group } } as KubeObject
}

const kindOf = ({ kind }: Case) => kinds.find((one) => one.kind === kind)!

/** The fields that the server names, each once, with its words. Field `<nil>` says only that rules were not asked. */
function faults(error: unknown): { field: string; message: string }[] {
  if (!(error instanceof StatusError)) throw error
  const unknown = [...error.what.matchAll(/unknown field "([^"]+)"/g)]
  if (unknown.length > 0) return unknown.map(([, field]) => ({ field: field!, message: 'no such field' }))
  const named = error.causes
    .map(({ field = '', message = '' }) => ({ field, message }))
    .filter(({ field }) => field !== '<nil>')
  return [...new Map(named.reverse().map((fault) => [fault.field, fault])).values()]
}

describeWith('KUBECONFIG', 'a real API server', () => {
  let world: ServerWorld
  let group: string
  let groupVersion: string

  beforeAll(async () => {
    world = await serverWorld('verdicts')
    group = `${world.namespace}.example`
    groupVersion = `${group}/${version}`
    await Promise.all(kinds.map((kind) => serveDefinition(world.api, definition(kind, group))))
  })

  afterAll(async () => {
    for (const { plural } of kinds) {
      await world.api.delete(resources.customResourceDefinitions, { name: `${plural}.${group}` })
    }
    await world.stop()
  })

  const send = (one: Case, method: 'POST' | 'PUT', object: object, dryRun: boolean) => {
    const { plural } = kindOf(one)
    const collection = `/apis/${groupVersion}/namespaces/${world.namespace}/${plural}`
    return world.api.raw({
      method,
      path: method === 'POST' ? collection : `${collection}/${one.name ?? 'shop'}`,
      query: { fieldValidation: 'Strict', ...(dryRun && { dryRun: 'All' }) },
      body: object,
    }) as Promise<KubeObject>
  }

  async function answer(one: Case): Promise<KubeObject> {
    const object = objectOf(one, groupVersion, one.spec)
    if (one.old === undefined) return await send(one, 'POST', object, true)
    const { metadata } = await send(one, 'POST', objectOf(one, groupVersion, one.old), false)
    try {
      return await send(one, 'PUT', { ...object, metadata }, true)
    } finally {
      const { plural, kind } = kindOf(one)
      const resource = { group, version, plural, kind, namespaced: true }
      await world.api.delete(resource, { name: metadata.name, namespace: world.namespace })
    }
  }

  test.each(cases)('kinds: $kind, $case -> the verdict of the table, and the defaults of zod', async (one) => {
    const outcome = await answer(one).then(
      (object) => ({ object, faults: [] }),
      (error: unknown) => ({ object: undefined, faults: faults(error) }),
    )
    expect(outcome.object !== undefined).toBe(one.refused === undefined)
    expect(outcome.faults.map(({ field }) => field)).toEqual(one.refused === undefined ? [] : [one.refused])
    if (one.says !== undefined) expect(outcome.faults[0]!.message).toContain(one.says)
    if (outcome.object === undefined) return
    expect(outcome.object.spec).toEqual(judge(kindOf(one), objectOf(one, apiVersion, one.spec)).object!.spec)
  })

  test.each(samples)('kinds: the $size sample of $kind -> is taken as it is', async ({ kind, object }) => {
    const { plural } = kinds.find((one) => one.kind === kind)!
    const path = `/apis/${groupVersion}/namespaces/${world.namespace}/${plural}`
    const query = { fieldValidation: 'Strict', dryRun: 'All' }
    const body = { ...object, apiVersion: groupVersion }
    await expect(world.api.raw({ method: 'POST', path, query, body })).resolves.toMatchObject({ kind })
  })
})
