/**
 * Asks all the time: any replica, now or at the vector of an earlier answer or of an acknowledged write, and
 * holds every answer against the oracle.
 */
import { UnavailableError, UserError } from '../../common/errors/errors.ts'
import { covers, vectorText } from '../../dataplane/shard/vector.ts'
import type { Answered } from '../check/answers.ts'
import { checkAnswer, checkSame, describe } from '../check/answers.ts'
import { Violation, violated } from '../check/violation.ts'
import type { Replica } from '../processes/shard.ts'
import type { Running, Supervisor } from '../processes/supervisor.ts'
import { drawQuery } from '../workload/queries.ts'
import type { World } from '../world.ts'
import { ask, type Question } from './ask.ts'

/** Replicas of one shard, any of which may answer. */
export type Replicas = readonly Supervisor<Replica>[]

export async function runQuerier(
  world: World,
  shards: readonly Replicas[],
  refresh: () => Promise<void>,
): Promise<void> {
  const { scheduler, random, plan } = world
  const asked: Answered[] = []
  while (asked.length < plan.queries) {
    await scheduler.pass(undefined, 'query', { ms: random.below(2_000) })
    const pinned = asked.length > 0 && random.chance(0.4) ? random.pick(asked) : undefined
    const question = draw(world, pinned)
    const answered = await askSome(world, shards, question)
    if (answered === undefined) continue
    await refresh()
    if (answered.excused && isWrong(world, answered)) {
      world.state('wrong answer of a replica with a defect, before its audit')
      continue
    }
    world.watch(() => {
      const { atLeast } = question
      checkAnswer(answered, world.ledger.before(answered.at.next))
      if (atLeast !== undefined && !covers(answered.at, atLeast)) {
        violated('QRY-1', `${describe(answered)}: does not reflect ${vectorText(atLeast)}, which was demanded`)
      }
      if (pinned !== undefined) checkSame(answered, pinned)
    })
    asked.push(answered)
  }
}

function isWrong({ ledger }: World, answered: Answered): boolean {
  try {
    checkAnswer(answered, ledger.before(answered.at.next))
    return false
  } catch (error) {
    if (error instanceof Violation) return true
    throw error
  }
}

/** A new question, as fresh as the log or not, or that of an earlier answer at its vector. */
function draw({ random, ledger }: World, pinned: Answered | undefined): Question {
  if (pinned !== undefined) {
    return { query: pinned.query, at: pinned.at, ...(random.chance(0.5) ? { atLeast: pinned.at } : {}) }
  }
  return { query: drawQuery(random), ...(random.chance(0.4) ? { atLeast: ledger.durable } : {}) }
}

/** Asks replicas that are up; `undefined` when they cannot answer. */
export async function askSome(
  world: World,
  shards: readonly Replicas[],
  question: Question,
): Promise<Answered | undefined> {
  const replicas: Running<Replica>[] = []
  for (const supervisors of shards) {
    const { current } = world.random.pick(supervisors)
    if (current === undefined) return undefined
    replicas.push(current)
  }
  try {
    const answered = await ask(world, replicas, question)
    world.state(answered.pending > 0 ? 'answer with pending rows' : 'answer')
    if (question.at !== undefined) world.state('answer at an earlier vector')
    return answered
  } catch (error) {
    if (error instanceof UnavailableError || isCancelled(error)) world.state(`no answer: ${error.code}`)
    else world.fail(error)
    return undefined
  }
}

/** Past its deadline: so slow a world is no fault of the engine's. */
function isCancelled(error: unknown): error is UserError {
  return error instanceof UserError && error.code === 'QUERY_CANCELLED'
}
