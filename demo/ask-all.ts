/** Each question goes to the cluster and to the oracle; their answers are compared to the last digit (QRY-1). */
import type { Result } from '../oracle/query.ts'
import { type Answer, ask, type Http, type QueryEndpoint } from './http.ts'
import { firstDifference } from './judge/difference.ts'
import type { JudgePort } from './judge/port.ts'
import { type Question, questionsOf } from './questions/questions.ts'
import type { Source } from './source/source.ts'

export interface Judged {
  readonly question: Question
  readonly answer: Answer
  readonly expected: Result
  /** Where they differ, in words. */
  readonly difference: string | undefined
  /** From the request to the whole answer. */
  readonly ms: number
}

export interface AskOptions {
  readonly http: Http
  readonly now: () => number
  readonly judge: Pick<JudgePort, 'profile' | 'answer'>
  /** A position of the log that every answer must reflect. */
  readonly at: Answer['at']
}

/** `told` is called with each as it is there. */
export async function askAll(
  endpoint: QueryEndpoint,
  source: Pick<Source, 'project' | 'wishes'>,
  { http, now, judge, at }: AskOptions,
  told: (judged: Judged) => void,
): Promise<Judged[]> {
  const judged: Judged[] = []
  for (const question of questionsOf(source.project, await judge.profile(), source.wishes)) {
    const begin = now()
    const answer = await ask(http, endpoint, { ...question.query, minimum: at })
    const ms = now() - begin
    const expected = await judge.answer(question.query)
    const one = { question, answer, expected, difference: firstDifference(answer.result, expected), ms }
    told(one)
    judged.push(one)
  }
  return judged
}
