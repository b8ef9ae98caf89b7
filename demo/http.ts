/** The port to a cluster's HTTP endpoints, and the two requests that the demo makes of them. */
import { Fault } from './fault.ts'

export interface HttpAnswer {
  readonly status: number
  readonly text: string
  /** Of `Retry-After`, in ms. */
  readonly retryAfterMs: number | undefined
}

export interface HttpRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Http {
  /** Throws when no answer came. */
  post(request: HttpRequest): Promise<HttpAnswer>
  /** Rejects when the demo is being stopped. */
  sleep(ms: number): Promise<void>
}

const attemptsMax = 8
/** A query that no shard answers takes its whole deadline. */
const queryAttemptsMax = 3
const pauseMs = 250

/** Asks again while the answer is "later" (429, 503). Throws `Fault` with the last answer when it stays so. */
export async function postPatiently(http: Http, request: HttpRequest, attempts = attemptsMax): Promise<HttpAnswer> {
  for (let attempt = 1; ; attempt++) {
    const answer = await http.post(request)
    if (answer.status !== 429 && answer.status !== 503) return answer
    if (attempt === attempts) throw new Fault(`POST ${request.url}: ${answer.status} ${attempt} times: ${answer.text}`)
    await http.sleep(answer.retryAfterMs ?? pauseMs * attempt)
  }
}

/** An answer of `/v1/query`. */
export interface Answer {
  readonly result: unknown
  readonly at: { readonly generation: number; readonly next: Readonly<Record<string, number>> }
  readonly pending: number
  readonly cost: Readonly<Record<string, number>>
}

export interface QueryEndpoint {
  readonly url: string
  readonly token: string
}

/** Throws with the server's own words when the query is refused: the demo asked for something that does not exist. */
export async function ask(http: Http, endpoint: QueryEndpoint, document: object): Promise<Answer> {
  const url = `${endpoint.url}/v1/query`
  const headers = { authorization: `Bearer ${endpoint.token}`, 'content-type': 'application/json' }
  const { status, text } = await postPatiently(http, { url, headers, body: JSON.stringify(document) }, queryAttemptsMax)
  if (status !== 200) throw new Error(`POST ${url}: got ${status} ${text}, want 200`)
  return JSON.parse(text) as Answer
}
