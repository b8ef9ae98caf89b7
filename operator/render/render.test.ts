import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import type { KubeObject } from '../kube/object.ts'
import { equalRanges } from './shards.ts'
import { labelOfId } from './tokens.ts'

interface PodSpec {
  readonly automountServiceAccountToken?: boolean
  readonly hostNetwork?: boolean
  readonly securityContext?: { readonly runAsNonRoot?: boolean; readonly seccompProfile?: { readonly type: string } }
  readonly containers: readonly {
    readonly securityContext?: Record<string, unknown>
    readonly resources?: { readonly requests?: object }
    readonly [probe: string]: unknown
  }[]
  readonly volumes: readonly Record<string, unknown>[]
}

function objectsOf(sample: string): KubeObject[] {
  const text = readFileSync(join(import.meta.dirname, `testdata/${sample}.yaml`), 'utf8')
  return parseAllDocuments(text).map((document) => document.toJS() as KubeObject)
}

function podSpecs(objects: readonly KubeObject[]): PodSpec[] {
  const pods = objects.filter(({ kind }) => kind === 'Pod').map(({ spec }) => spec as PodSpec)
  const deployments = objects.filter(({ kind }) => kind === 'Deployment')
  return [...pods, ...deployments.map(({ spec }) => (spec as { template: { spec: PodSpec } }).template.spec)]
}

it.each(['minimal', 'full'])(
  'render: every pod of the %s sample -> passes the restricted standard, has probes and requests',
  (sample) => {
    const specs = podSpecs(objectsOf(sample))
    expect(specs).toHaveLength(4)
    for (const { automountServiceAccountToken, hostNetwork, securityContext, containers, volumes } of specs) {
      expect({ automountServiceAccountToken, hostNetwork }).toEqual({ automountServiceAccountToken: false })
      expect(securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
      const kinds = volumes.flatMap((volume) => Object.keys(volume)).filter((key) => key !== 'name')
      expect(['configMap', 'secret', 'emptyDir', 'persistentVolumeClaim']).toEqual(expect.arrayContaining(kinds))
      for (const container of containers) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        })
        expect(container).toMatchObject({ startupProbe: {}, livenessProbe: {}, readinessProbe: {} })
        expect(container.resources?.requests).toMatchObject({ cpu: expect.anything(), memory: expect.anything() })
      }
    }
  },
)

it.each(['minimal', 'full'])(
  'render: what holds the data of the %s sample -> has no owner that could take it along; all else has one',
  (sample) => {
    const kept = ['PersistentVolumeClaim', 'ConfigMap']
    for (const { kind, metadata } of objectsOf(sample)) {
      const isReplica = metadata.labels?.['anabranch.dev/replica'] !== undefined
      const isData = (kept.includes(kind) && !isReplica) || metadata.labels?.['anabranch.dev/project'] !== undefined
      expect({ kind, name: metadata.name, owners: metadata.ownerReferences?.length ?? 0 }).toMatchObject({
        owners: isData ? 0 : 1,
      })
    }
  },
)

it('render: equal ranges -> cover the ring once, in order, whatever the count', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4096 }), (count) => {
      const ranges = equalRanges(count)
      const edges = ranges.map(({ end }) => end)
      expect(ranges.map(({ start }) => start)).toEqual([0, ...edges.slice(0, -1)])
      expect(edges.every((end, index) => end > ranges[index]!.start)).toBe(true)
      expect(edges.at(-1)).toBe(2 ** 32)
    }),
    { numRuns: 30 },
  )
})

it('render: any project id -> a label value that Kubernetes takes', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/), (id) => {
      expect(labelOfId(id)).toMatch(/^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/)
    }),
  )
})
