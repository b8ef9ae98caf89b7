import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Identity, identity } from '../../test/support/kube-identity.ts'
import { type ServerWorld, serverWorld } from '../../test/support/kube-server.ts'
import { describeWith } from '../../test/support/servers.ts'
import { resources } from '../kube/resource.ts'
import { isForbidden } from '../kube/status-error.ts'
import { deployment } from './deployment.ts'
import { namespaceAndAccount, roles } from './manifests.ts'
import { clusterRights, ownRights } from './rights.ts'

describeWith('KUBECONFIG', 'a real API server', () => {
  let world: ServerWorld
  let operator: Identity

  beforeAll(async () => {
    world = await serverWorld('rights')
    operator = await identity(world, 'anabranch-operator', roles({ namespace: world.namespace }))
  })

  afterAll(async () => {
    await operator?.stop()
    await world?.stop()
  })

  async function may(verb: string, group: string, path: string, namespace: string): Promise<boolean> {
    const [resource, subresource] = path.split('/')
    const review = await operator.api.raw({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      body: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes: { namespace, verb, group, resource, ...(subresource && { subresource }) } },
      },
    })
    return (review as { status: { allowed: boolean } }).status.allowed
  }

  test('rights: with the roles that are installed -> each right is granted, in any namespace', async () => {
    const asked = clusterRights.flatMap(({ group, resources: names, verbs }) =>
      names.flatMap((name) => verbs.map((verb) => ({ verb, group, name }))),
    )
    const answers = await Promise.all(asked.map(({ verb, group, name }) => may(verb, group, name, 'default')))
    expect(asked.filter((_, index) => answers[index] !== true)).toEqual([])
  })

  test('rights: leases -> granted in its own namespace, refused in another', async () => {
    const [{ group, resources: names, verbs }] = ownRights as [(typeof ownRights)[0]]
    const asked = verbs.map((verb) => may(verb, group, names[0]!, world.namespace))
    expect(await Promise.all(asked)).toEqual(verbs.map(() => true))
    expect(await may('update', group, names[0]!, 'default')).toBe(false)
  })

  test.each([
    ['delete', 'anabranch.dev', 'eventclusters'],
    ['create', 'anabranch.dev', 'projects'],
    ['deletecollection', '', 'pods'],
    ['get', '', 'nodes'],
    ['create', '', 'pods/exec'],
    ['delete', '', 'persistentvolumes'],
    ['update', 'rbac.authorization.k8s.io', 'roles'],
    ['update', 'apiextensions.k8s.io', 'customresourcedefinitions'],
    ['delete', '', 'namespaces'],
  ])('rights: to %s %s/%s -> refused', async (verb, group, name) => {
    expect(await may(verb, group, name, world.namespace)).toBe(false)
  })

  test('install: the pod -> is taken where Pod Security enforces restricted, as in the namespace that is installed', async () => {
    const { namespace } = world
    const [installed] = namespaceAndAccount({ namespace })
    const own = { fieldManager: 'anabranch-test', force: true }
    await world.api.apply(resources.namespaces, installed!, own)
    const { template } = deployment({ namespace, image: 'anabranch:1.2.3' }).spec as { template: { spec: object } }
    const pod = (spec: object) =>
      world.api.raw({
        method: 'POST',
        path: `/api/v1/namespaces/${namespace}/pods`,
        query: { dryRun: 'All', fieldValidation: 'Strict' },
        body: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'operator' }, spec },
      })
    await expect(pod(template.spec)).resolves.toMatchObject({ kind: 'Pod' })
    // The namespace does enforce it.
    const lax = pod({ ...template.spec, hostNetwork: true }).catch((error: unknown) => error)
    expect(await lax).toSatisfy(isForbidden)
  })

  test('install: the Deployment -> is taken as it is', async () => {
    const { namespace } = world
    const query = { dryRun: 'All', fieldValidation: 'Strict' }
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments`
    const body = deployment({ namespace, image: 'anabranch:1.2.3' })
    await expect(world.api.raw({ method: 'POST', path, query, body })).resolves.toMatchObject({ kind: 'Deployment' })
  })

  test('rights: an act without a right -> the server names what is missing', async () => {
    const refused = operator.api.list(resources.nodes).catch((error: unknown) => error)
    expect(await refused).toSatisfy(isForbidden)
    expect(String(await refused)).toContain('cannot list resource "nodes"')
  })
})
