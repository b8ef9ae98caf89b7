/** The part of the contract of a `KubeApi` that is server-side apply: who owns a field, what goes when it is no longer said. */
import { expect, it } from 'vitest'
import type { KubeApi } from '../../operator/kube/api.ts'
import type { KubeObject } from '../../operator/kube/object.ts'
import type { Resource } from '../../operator/kube/resource.ts'
import { isConflict, isNotFound, type StatusError } from '../../operator/kube/status-error.ts'

interface World {
  readonly api: KubeApi
  readonly namespace: string
  readonly widgets: Resource
}

export function applyCases(world: () => World): void {
  const applied = (
    name: string,
    body: Record<string, unknown>,
    options: { as?: string; force?: boolean; subresource?: string } = {},
  ) => {
    const { api, namespace, widgets } = world()
    const object = {
      apiVersion: 'contract.anabranch.dev/v1',
      kind: 'Widget',
      metadata: { name, namespace },
      ...body,
    } as KubeObject
    const { as = 'one', ...rest } = options
    return api.apply(widgets, object, { fieldManager: as, ...rest })
  }
  const owners = ({ metadata }: KubeObject) =>
    (metadata.managedFields ?? []).map(({ manager, operation, subresource }) =>
      `${manager} ${operation} ${subresource ?? ''}`.trim(),
    )

  it('apply creates, and applied again changes nothing', async () => {
    const made = await applied('plain', { spec: { size: 1 } })
    expect([made.spec, made.metadata.generation]).toEqual([{ size: 1 }, 1])
    expect(owners(made)).toEqual(['one Apply'])
    expect(made.metadata.managedFields?.[0]?.fieldsV1).toEqual({ 'f:spec': { 'f:size': {} } })
    expect(await applied('plain', { spec: { size: 1 } })).toEqual(made)
  })

  it('apply takes away what this manager no longer says, and nothing else', async () => {
    await applied('less', { spec: { size: 1, colour: 'red', nested: { a: 'x' } } })
    await applied('less', { spec: { lines: ['a'] } }, { as: 'two' })
    const less = await applied('less', { spec: { size: 1 } })
    expect(less.spec).toEqual({ size: 1, lines: ['a'] })
  })

  it('apply of a field with another value that somebody else applied is a conflict that names both', async () => {
    await applied('fought', { spec: { size: 1 } })
    const refused = await applied('fought', { spec: { size: 2 } }, { as: 'two' }).catch((error: unknown) => error)
    expect(refused).toSatisfy(isConflict)
    expect((refused as StatusError).causes.map(({ field }) => field)).toEqual(['.spec.size'])
    expect((refused as StatusError).what).toContain('conflict with "one"')
  })

  it('apply of the same value shares the field; it goes when the last one drops it', async () => {
    await applied('shared', { spec: { size: 1, colour: 'red' } })
    await applied('shared', { spec: { size: 1 } }, { as: 'two' })
    const kept = await applied('shared', { spec: { colour: 'red' } })
    expect(kept.spec).toEqual({ size: 1, colour: 'red' })
    const dropped = await applied('shared', { spec: {} }, { as: 'two' })
    expect(dropped.spec).toEqual({ colour: 'red' })
  })

  it('apply by force takes the field, and the former owner conflicts from then on', async () => {
    await applied('taken', { spec: { size: 1 } })
    const taken = await applied('taken', { spec: { size: 2 } }, { as: 'two', force: true })
    expect(taken.spec).toEqual({ size: 2 })
    expect(await applied('taken', { spec: { size: 1 } }).catch((error: unknown) => error)).toSatisfy(isConflict)
  })

  it('apply conflicts with what somebody changed without applying', async () => {
    const { api, namespace, widgets } = world()
    await applied('edited', { spec: { size: 1 } })
    const edit = { type: 'merge', body: { spec: { size: 5 } } } as const
    await api.patch(widgets, { namespace, name: 'edited' }, edit, { fieldManager: 'kubectl-edit' })
    expect(await applied('edited', { spec: { size: 1 } }).catch((error: unknown) => error)).toSatisfy(isConflict)
    const dropped = await applied('edited', { spec: { colour: 'red' } })
    expect(dropped.spec).toEqual({ size: 5, colour: 'red' })
    expect((await applied('edited', { spec: { size: 1 } }, { force: true })).spec).toEqual({ size: 1 })
  })

  it('items of a list with keys belong to who applied them', async () => {
    await applied('listed', { spec: { parts: [{ name: 'a', size: 1 }, { name: 'b' }] } })
    const two = await applied('listed', { spec: { parts: [{ name: 'c' }, { name: 'a', note: 'n' }] } }, { as: 'two' })
    expect(two.spec).toEqual({ parts: [{ name: 'c' }, { name: 'a', size: 1, note: 'n' }, { name: 'b' }] })
    const one = await applied('listed', { spec: { parts: [{ name: 'b' }] } })
    expect(one.spec).toEqual({ parts: [{ name: 'c' }, { name: 'a', note: 'n' }, { name: 'b' }] })
  })

  it('values of a set belong to who applied them; a plain list is one value', async () => {
    await applied('sets', { spec: { tags: ['x', 'y'], lines: ['1', '2'] } })
    const two = await applied('sets', { spec: { tags: ['z', 'y'] } }, { as: 'two' })
    expect([...(two.spec as { tags: string[] }).tags].sort()).toEqual(['x', 'y', 'z'])
    const one = await applied('sets', { spec: { tags: ['y'], lines: ['2'] } })
    expect([...(one.spec as { tags: string[] }).tags].sort()).toEqual(['y', 'z'])
    expect(one.spec).toMatchObject({ lines: ['2'] })
  })

  it('status is applied apart, one condition by one manager', async () => {
    await applied('stated', { spec: { size: 1 } })
    const ready = { type: 'Ready', status: 'True' }
    const held = { type: 'Held', status: 'False' }
    await applied('stated', { status: { conditions: [ready] } }, { as: 'ready', subresource: 'status' })
    const both = await applied('stated', { status: { conditions: [held] } }, { as: 'held', subresource: 'status' })
    expect(both.spec).toEqual({ size: 1 })
    expect(both.metadata.generation).toBe(1)
    expect((both.status as { conditions: unknown[] }).conditions).toHaveLength(2)
    expect(owners(both).sort()).toEqual(['held Apply status', 'one Apply', 'ready Apply status'])
    const gone = await applied('stated', { status: {} }, { as: 'ready', subresource: 'status' })
    expect(gone.status).toEqual({ conditions: [held] })
    const ignored = await applied('stated', { spec: { size: 1 }, status: { phase: 'Mine' } })
    expect(ignored.status).toEqual({ conditions: [held] })
  })

  it('apply to an object that is gone makes none when it names the uid, or a subresource', async () => {
    const { api, namespace, widgets } = world()
    const { metadata } = await applied('gone', { spec: { size: 1 } })
    await api.delete(widgets, { namespace, name: 'gone' })
    const object = {
      apiVersion: 'contract.anabranch.dev/v1',
      kind: 'Widget',
      metadata: { name: 'gone', namespace, uid: metadata.uid! },
    }
    const again = await api
      .apply(widgets, object, { fieldManager: 'one', force: true })
      .catch((error: unknown) => error)
    expect(again).toSatisfy(isConflict)
    const stated = await applied('gone', { status: {} }, { subresource: 'status' }).catch((error: unknown) => error)
    expect(stated).toSatisfy(isNotFound)
    expect(await api.get(widgets, { namespace, name: 'gone' })).toBeUndefined()
  })

  it('labels and owners of one manager survive the apply of another', async () => {
    const { api, namespace, widgets } = world()
    const object = (metadata: object) =>
      ({
        apiVersion: 'contract.anabranch.dev/v1',
        kind: 'Widget',
        metadata: { name: 'meta', namespace, ...metadata },
      }) as KubeObject
    await api.apply(widgets, object({ labels: { a: '1' }, finalizers: ['anabranch.dev/a'] }), { fieldManager: 'one' })
    await api.apply(widgets, object({ labels: { b: '2' } }), { fieldManager: 'two' })
    const { metadata } = await api.apply(widgets, object({ labels: { c: '3' } }), { fieldManager: 'one' })
    expect(metadata.labels).toEqual({ b: '2', c: '3' })
    expect(metadata.finalizers).toBeUndefined()
  })
}
