/**
 * Who has EventClusters in a namespace, for tests: applies kinds, waits for conditions, sends events to ingest and asks queries, by the addresses
 * of Services. Everything goes through public interfaces; nothing is asked twice because it failed.
 */
import { expect } from 'vitest'
import type { World } from '../../devcluster/runner/suite/world.ts'
import type { EventCluster, Project, Shard } from '../../operator/kube/kinds.ts'
import type { KubeObject } from '../../operator/kube/object.ts'
import { type Resource, resources } from '../../operator/kube/resource.ts'
import { isTrue } from '../../operator/plan/conditions.ts'
import { ports } from '../../operator/render/names.ts'
import type { Query, Result, SegmentationResult } from '../../oracle/query.ts'
import { settled } from '../support/until.ts'
import type { Exam, ImportedEvent } from './exam.ts'

export interface Answered {
  readonly result: Result
  /** Position of the log that the answer reflects. */
  readonly at: unknown
}

export class ClusterUser {
  readonly #world: World
  /** Name of the EventCluster that is meant where none is named. */
  cluster: string
  readonly project: string

  constructor(world: World, cluster: string, project: string) {
    this.#world = world
    this.cluster = cluster
    this.project = project
  }

  apply(kind: string, name: string, spec: object): Promise<KubeObject> {
    const resource = Object.values(resources).find((one) => one.kind === kind)!
    const metadata = { name, namespace: this.#world.namespace }
    const object = { apiVersion: 'anabranch.dev/v1alpha1', kind, metadata, spec }
    return this.#world.api.apply(resource, object, { fieldManager: 'kubectl', force: true })
  }

  async get(name = this.cluster): Promise<EventCluster> {
    return (await this.#world.api.get(resources.eventClusters, {
      namespace: this.#world.namespace,
      name,
    })) as EventCluster
  }

  /** `True Reason: message`; empty while it is of an earlier generation. */
  async condition(type: string, name = this.cluster): Promise<string> {
    const { metadata, status } = await this.get(name)
    const found = status?.conditions?.find((one) => one.type === type)
    return found?.observedGeneration === metadata.generation
      ? `${found?.status} ${found?.reason}: ${found?.message}`
      : ''
  }

  async becomes(phase: string, name = this.cluster): Promise<void> {
    await settled(async () => {
      const { metadata, status } = await this.get(name)
      return status?.phase === phase && status.observedGeneration === metadata.generation
    }, 90_000).catch(async (error: Error) => {
      throw new Error(`${error.message}; it is ${JSON.stringify((await this.get(name)).status, undefined, 1)}`)
    })
  }

  /**
   * The EventCluster, its Shards and Projects are Ready, and none has anything left to do: a Project follows pods that are
   * new a moment after the cluster does.
   */
  async rests(): Promise<void> {
    await this.becomes('Ready')
    const { api, namespace } = this.#world
    const kinds = [resources.eventClusters, resources.shards, resources.projects]
    await settled(async () => {
      const lists = await Promise.all(kinds.map((kind) => api.list(kind, { namespace })))
      return lists.flatMap(({ items }) => items as unknown as Ruled[]).every(isAtRest)
    }, 90_000)
  }

  gone(resource: Resource): Promise<void> {
    const { api, namespace } = this.#world
    return settled(async () => (await api.list(resource, { namespace })).items.length === 0, 60_000)
  }

  async #token(use: 'ingest' | 'query'): Promise<string> {
    const key = { namespace: this.#world.namespace, name: `${this.project}-${use}` }
    const secret = await this.#world.api.get(resources.secrets, key)
    return Buffer.from((secret!.data as { token: string }).token, 'base64').toString()
  }

  #url(service: 'ingest' | 'query'): string {
    const address = this.#world.runner.addressOf(this.#world.namespace, `${this.cluster}-${service}`)
    return `http://${address}:${ports.http}`
  }

  /** Throws unless all of them were acknowledged. */
  async send(batch: readonly ImportedEvent[]): Promise<void> {
    await post(`${this.#url('ingest')}/import?strict=1`, `Basic ${btoa(`${await this.#token('ingest')}:`)}`, batch)
  }

  /** Throws unless there is an answer. `minimum`: `at` of an earlier one, which this one does not fall behind. */
  async ask(query: Query, minimum?: unknown): Promise<Answered> {
    const document = { ...query, ...(minimum !== undefined && { minimum }) }
    return (await post(`${this.#url('query')}/v1/query`, `Bearer ${await this.#token('query')}`, document)) as Answered
  }

  /** Every answer is the oracle's, once all that was acknowledged can be seen. */
  async examine(exam: Exam, withinMs = 30_000): Promise<void> {
    let at: unknown
    await settled(async () => {
      const answer = await this.ask(exam.count).catch(() => undefined)
      at = answer?.at
      return answer !== undefined && eventsIn(answer.result) === exam.events
    }, withinMs)
    for (const { query, expected } of exam.questions()) {
      const { result } = await this.ask(query, at)
      expect({ query, result }).toEqual({ query, result: expected })
    }
  }
}

type Ruled = EventCluster | Shard | Project

function isAtRest(object: Ruled): boolean {
  return isTrue(object, 'Ready') && !isTrue(object, 'Reconciling')
}

export function eventsIn(result: Result): number {
  return (result as SegmentationResult).overall.events
}

async function post(url: string, authorization: string, body: unknown): Promise<unknown> {
  const headers = { authorization, 'content-type': 'application/json' }
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  const text = await answer.text()
  if (answer.status !== 200) throw new Error(`POST ${url}: got ${answer.status} ${text}`)
  return JSON.parse(text)
}
