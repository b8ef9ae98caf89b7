import { expect, it } from 'vitest'
import { judge } from '../../../crds/judge.ts'
import { eventClusterKind, projectKind } from '../../../crds/kind.ts'
import type { AccessTable } from '../../../dataplane/access/table.ts'
import type { EventCluster, Project } from '../../kube/kinds.ts'
import type { KubeObject } from '../../kube/object.ts'
import { finalizer } from '../../render/names.ts'
import { tokenSecret } from '../../render/tokens.ts'
import { nextTable, wantedAccess } from '../cluster/access-table.ts'
import type { PodEvidence } from '../evidence.ts'
import { decideProject } from './decide.ts'
import type { ProjectInput } from './input.ts'

const held = { name: 'shop', namespace: 'prod', uid: 'c', finalizers: [finalizer] }
const cluster = judge(eventClusterKind, { metadata: held, spec: {} }).object as unknown as EventCluster

function project(name: string, more: object = {}): Project {
  const metadata = {
    name,
    namespace: 'prod',
    uid: `uid-${name}`,
    creationTimestamp: `2026-01-01T00:00:0${name.length}Z`,
  }
  const spec = { clusterRef: { name: 'shop' }, id: name, ...more }
  return judge(projectKind, { metadata, spec }).object as unknown as Project
}

function secret(of: string, token: string, text: string, name = `${of}-${token}`): KubeObject {
  const made = tokenSecret({ namespace: 'prod', cluster: 'shop', project: { name: of, id: of }, token })
  return { ...made, metadata: { ...made.metadata, name }, data: { token: Buffer.from(text).toString('base64') } }
}

const made = (of: string) => [secret(of, 'ingest', `ingest-of-${of}`), secret(of, 'query', `query-of-${of}`)]
const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'shop-query-1', namespace: 'prod', uid: 'p' } }

function inputOf(of: Project, more: Partial<ProjectInput> & { secretList?: readonly KubeObject[] } = {}): ProjectInput {
  const siblings = more.siblings ?? [of]
  const secrets = new Map(
    (more.secretList ?? siblings.flatMap(({ spec }) => made(spec.id))).map((one) => [one.metadata.name, one]),
  )
  const table = nextTable(undefined, wantedAccess(siblings, secrets).projects, 6)
  return {
    ...{ now: 0, project: of, cluster, siblings, secrets, table, pods: [pod], policies: [] },
    evidence: new Map([['p', { accessVersion: 7 } as PodEvidence]]),
    ...more,
  }
}

const ready = (input: ProjectInput) => {
  const found = decideProject(input).status.conditions?.find(({ type }) => type === 'Ready')
  return `${found?.status} ${found?.reason}: ${found?.message}`
}

it('project: every pod has the table with it -> Ready', () => {
  expect(ready(inputOf(project('a')))).toBe(
    'True Confirmed: Every ingest and query pod knows the project and its tokens.',
  )
})

it('project: a pod has an older table, or does not answer -> not Ready yet', () => {
  const older = new Map([['p', { accessVersion: 6 } as PodEvidence]])
  expect(ready(inputOf(project('a'), { evidence: older }))).toContain('False NotConfirmed: shop-query-1')
  expect(ready(inputOf(project('a'), { evidence: new Map() }))).toContain('False NotConfirmed')
})

it('project: the table says something else of it -> not Ready yet', () => {
  const { table } = inputOf(project('a'))
  expect(ready(inputOf(project('a', { timezone: 'Europe/Berlin' }), { table: table as AccessTable }))).toContain(
    'NotConfirmed',
  )
})

it('project: its tokens are made once, never in the place of one that is there', () => {
  const { actions } = decideProject(inputOf(project('a'), { secretList: [secret('a', 'ingest', 'ingest-of-a')] }))
  expect(actions.map((action) => action.do === 'mint' && action.object.metadata.name)).toEqual(['a-query'])
})

it('project: its cluster is not held by a finalizer yet, or goes -> no token is made that nobody would take away', () => {
  const [loose, going] = [
    { ...cluster, metadata: { ...cluster.metadata, finalizers: [] } },
    { ...cluster, metadata: { ...cluster.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } },
  ]
  for (const one of [loose, going]) {
    expect(decideProject(inputOf(project('a'), { cluster: one, secretList: [] })).actions).toEqual([])
  }
})

it('project: an evicted pod is still listed -> Ready, it will never know anything', () => {
  const evicted = { ...pod, metadata: { ...pod.metadata, uid: 'e' }, status: { phase: 'Failed' } }
  expect(ready(inputOf(project('a'), { pods: [pod, evicted] }))).toContain('True Confirmed')
})

it('project: more pods know it, or fewer -> the status stays as it is: numbers that move are metrics (OPR-2)', () => {
  const second = { ...pod, metadata: { ...pod.metadata, uid: 'q' } }
  const evidence = new Map(['p', 'q'].map((uid) => [uid, { accessVersion: 7 } as PodEvidence]))
  const [one, two] = [inputOf(project('a')), inputOf(project('a'), { pods: [pod, second], evidence })]
  expect(decideProject(two).status).toEqual(decideProject(one).status)
})

it('project: only pods that have ended or go are listed -> not Ready, none of them knows it', () => {
  const evicted = { ...pod, status: { phase: 'Failed' } }
  const going = { ...pod, metadata: { ...pod.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } }
  expect(ready(inputOf(project('a'), { pods: [evicted, going] }))).toContain('False NotConfirmed')
})

it.each([
  ['no cluster', { cluster: undefined }, {}, 'ClusterNotFound'],
  ['a timezone that is none', {}, { timezone: 'Mars/North' }, 'TimezoneUnknown'],
  [
    'a Secret that is not there',
    {},
    { tokens: [{ name: 't', access: 'Query', secretRef: { name: 'mine' } }] },
    'SecretNotFound',
  ],
])('project: %s -> stalled with the reason', (_what, more, spec, reason) => {
  expect(ready(inputOf(project('a', spec), more))).toContain(`False ${reason}`)
})

it('project: two with one id -> the older has it, the younger says who (QRY-2)', () => {
  const [older, younger] = [project('a'), project('bb', { id: 'a' })]
  const siblings = [younger, older]
  expect(ready(inputOf(older, { siblings }))).toContain('True')
  expect(ready(inputOf(younger, { siblings }))).toContain('False IdTaken: Project a has the id a')
})

it('project: two Secrets with one token -> the older project has it; nobody is locked out (QRY-2)', () => {
  const own = (name: string) => [{ name: 't', access: 'Query', secretRef: { name } }]
  const [first, second] = [project('a', { tokens: own('one') }), project('bb', { tokens: own('two') })]
  const secretList = [secret('a', 't', 'the-same-token', 'one'), secret('bb', 't', 'the-same-token', 'two')]
  const siblings = [first, second]
  expect(ready(inputOf(first, { siblings, secretList }))).toContain('True')
  expect(ready(inputOf(second, { siblings, secretList }))).toContain(
    'False SecretNotFound: Secret two holds the token of',
  )
  const { projects } = inputOf(first, { siblings, secretList }).table!
  expect(projects.map(({ id, tokens }) => `${id} ${tokens.length}`)).toEqual(['a 1', 'bb 0'])
})

it('project: a Secret of somebody else under the name of ours -> is not used', () => {
  const theirs = secret('other', 'ingest', 'token-of-others', 'a-ingest')
  const input = inputOf(project('a'), { secretList: [theirs, secret('a', 'query', 'query-of-a')] })
  expect(ready(input)).toContain('False SecretNotFound: Secret a-ingest: was made by somebody else')
})
