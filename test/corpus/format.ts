/**
 * The corpus format: small text files of events in, a query, and the whole answer out.
 *
 *     # a comment
 *     == title of a case
 *     base 2026-01-05T13:00Z            start of the times below; optional
 *     skip thrice: reason               this case does not run in that configuration
 *     A u1 +0                           event, user, time
 *     "two words" - +1h30m #x {"k": 1}  user `-` = none; `#` insert id; properties
 *     project p2                        later events belong to this project (`p1` at first)
 *     query {"type": "funnel", …}       `project` is `p1` when absent; indented lines go on
 *     users 2 1                         the answer, as `render.ts` writes it, up to a blank line
 *
 * A case has one list of events and any number of queries. Names that are empty or hold spaces are JSON strings.
 * Times: `2026-01-05T13:00[:SS[.mmm]]Z`, or from `base` on: `+N` and `-N` in ms, or sums of `Nd`, `Nh`, `Nm`, `Ns`.
 * Events are delivered in the order of their lines. Insert ids are e1, e2, … by line where none is given.
 */
import type { Json, SentEvent } from '../../oracle/event.ts'
import type { Query } from '../../oracle/query.ts'

export interface CorpusCase {
  readonly title: string
  readonly events: readonly SentEvent[]
  readonly questions: readonly Question[]
  /** Configuration to the reason why the case does not run in it. */
  readonly skips: ReadonlyMap<string, string>
}

export interface Question {
  readonly query: Query
  readonly answer: readonly string[]
  /** Line of the query in its file. */
  readonly line: number
}

interface Draft {
  title: string
  base: number
  project: string
  events: SentEvent[]
  questions: { query: string; answer: string[]; line: number }[]
  skips: Map<string, string>
}

/** Throws with file and line when a line makes no sense. */
export function parseCorpus(text: string, file: string): CorpusCase[] {
  const cases: Draft[] = []
  let answer: string[] | undefined
  text.split('\n').forEach((line, i) => {
    try {
      answer = readLine(line, i + 1, { cases, answer })
    } catch (error) {
      throw new Error(`${file}:${i + 1}: ${(error as Error).message}`)
    }
  })
  return cases.map(({ title, events, skips, questions }) => ({
    title,
    events,
    skips,
    questions: questions.map(({ query, ...rest }) => ({ ...rest, query: parseQuery(query, `${file}:${rest.line}`) })),
  }))
}

/** Reads one line into the last case; returns where lines of an answer go while one is open. */
function readLine(line: string, number: number, at: { cases: Draft[]; answer: string[] | undefined }) {
  if (line.startsWith('#')) return at.answer
  if (line.startsWith('== ')) {
    const title = line.slice(3).trim()
    at.cases.push({ title, base: 0, project: 'p1', events: [], questions: [], skips: new Map() })
    return undefined
  }
  if (line.trim() === '') return undefined
  const draft = at.cases.at(-1)
  if (draft === undefined) throw new Error('a line before the first case')
  if (line.startsWith('query ')) {
    const question = { query: line.slice(6), answer: [], line: number }
    draft.questions.push(question)
    return question.answer
  }
  if (at.answer === undefined) readEvent(line, draft)
  else if (line.startsWith(' ') && at.answer.length === 0) draft.questions[draft.questions.length - 1].query += line
  else at.answer.push(line.trimEnd())
  return at.answer
}

function readEvent(line: string, draft: Draft): void {
  const [word, rest] = [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1).trim()]
  if (word === 'base') draft.base = parseTime(rest, 0)
  else if (word === 'project') draft.project = rest
  else if (word === 'skip') draft.skips.set(rest.slice(0, rest.indexOf(':')), rest.slice(rest.indexOf(':') + 1).trim())
  else draft.events.push(parseEvent(line, draft))
}

const eventLine = /^("(?:[^"\\]|\\.)*"|\S+)\s+("(?:[^"\\]|\\.)*"|\S+)\s+(\S+)(?:\s+#(\S+))?(?:\s+(\{.*\}))?\s*$/

function parseEvent(line: string, draft: Draft): SentEvent {
  const parts = eventLine.exec(line)
  if (parts === null) throw new Error(`no event line: ${line}`)
  return {
    project: draft.project,
    event: name(parts[1]),
    distinct_id: parts[2] === '-' ? '' : name(parts[2]),
    time: parseTime(parts[3], draft.base),
    insert_id: parts[4] ?? `e${draft.events.length + 1}`,
    properties: parts[5] === undefined ? {} : (JSON.parse(parts[5]) as Record<string, Json>),
  }
}

function name(token: string): string {
  return token.startsWith('"') ? (JSON.parse(token) as string) : token
}

const units: Record<string, number> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 }

function parseTime(token: string, base: number): number {
  if (!/^[+-]/.test(token)) {
    const time = Date.parse(token)
    if (!token.endsWith('Z') || Number.isNaN(time)) throw new Error(`no time: ${token}`)
    return time
  }
  if (!/^[+-](\d+[dhms]?)+$/.test(token)) throw new Error(`no time: ${token}`)
  let ms = 0
  for (const [, count, unit] of token.matchAll(/(\d+)([dhms]?)/g)) ms += Number(count) * (units[unit] ?? 1)
  return base + (token.startsWith('-') ? -ms : ms)
}

function parseQuery(text: string, place: string): Query {
  try {
    return { project: 'p1', ...JSON.parse(text) } as Query
  } catch (error) {
    throw new Error(`${place}: ${(error as Error).message}`)
  }
}
