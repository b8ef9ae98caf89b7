/** Asks one replica of each shard a question, at one offset vector, as the query role will. */
import { unavailable } from '../../common/errors/errors.ts'
import type { ShardView } from '../../dataplane/query/view.ts'
import type { OffsetVector } from '../../dataplane/schema/event.ts'
import type { Query, Result } from '../../oracle/query.ts'
import type { Answered } from '../check/answers.ts'
import { viewRows } from '../check/view-rows.ts'
import type { Replica } from '../processes/shard.ts'
import type { Running } from '../processes/supervisor.ts'
import type { World } from '../world.ts'
import { runAny } from './run-any.ts'

export interface Question {
  readonly query: Query
  /** The answer must reflect at least this. */
  readonly atLeast?: OffsetVector
  /** The answer must reflect exactly this. */
  readonly at?: OffsetVector
}

/** Throws `UnavailableError` when a replica dies, starts anew, or cannot answer at the vector. */
export async function ask(world: World, replicas: readonly Running<Replica>[], question: Question): Promise<Answered> {
  const { scheduler, seams } = world
  const [first, ...others] = replicas
  const inFirst = async (): Promise<Answered> => {
    const views: ShardView[] = []
    for (const { service, life } of replicas) {
      await scheduler.pass(life, 'query request')
      if (question.atLeast !== undefined) await service.host.serving().waitFor(question.atLeast)
    }
    const shards = replicas.map(({ service }) => service.host.serving())
    const at = question.at ?? meet(shards.map(({ applied }) => applied))
    for (const shard of shards) views.push(await shard.view(at))
    const excused = replicas.some(({ service }) => world.audit.mayBeWrong(service.host))
    const seen = seams.view === undefined ? views : views.map(seams.view)
    const { clock } = first!.service
    const result: Result = await runAny(seen, question.query, {
      clock,
      turn: () => scheduler.pass(first!.life, 'query turn'),
    })
    // An answer of a replica that became another meanwhile is none.
    if (replicas.some(({ service }, i) => service.host.serving() !== shards[i])) {
      return unavailable('REPLICA_NOT_READY', 'simulated: a replica started anew while the query ran')
    }
    return {
      excused,
      query: question.query,
      result,
      rows: await world.aside(() => viewRows(seen)),
      at: join(seen.map((view) => view.at)),
      pending: seen.reduce((rows, view) => rows + view.pending, 0),
      from: replicas.map(({ life }) => `${life}`).join(' and '),
    }
  }
  return others.reduce<() => Promise<Answered>>(
    (act, { life }) =>
      () =>
        life.call('OFFSET_UNAVAILABLE', act),
    () => first!.life.call('OFFSET_UNAVAILABLE', inFirst),
  )()
}

/** The lowest offset that any has of each partition: a vector that all can answer at. */
function meet(vectors: readonly OffsetVector[]): OffsetVector {
  const next = new Map<number, number>()
  for (const vector of vectors) {
    for (const [partition, offset] of vector.next) next.set(partition, Math.min(next.get(partition) ?? offset, offset))
  }
  return { generation: vectors[0]!.generation, next }
}

function join(vectors: readonly OffsetVector[]): OffsetVector {
  return { generation: vectors[0]!.generation, next: new Map(vectors.flatMap(({ next }) => [...next])) }
}
