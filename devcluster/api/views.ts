/** What reads see: pages of one revision, and changes through a selection. Does not: hold state; a continue token carries all it needs. */
import type { ListPage, ListQuery, Selection, WatchEvent } from '../../operator/kube/api.ts'
import type { KubeObject } from '../../operator/kube/object.ts'
import { type Resource, resourceName } from '../../operator/kube/resource.ts'
import { type Asked, refusal } from './refusal.ts'
import { type Matches, matching } from './selector.ts'
import { asDeleted, type Change, type Storage } from './storage.ts'

interface Token {
  readonly revision: number
  readonly after: string
}

export function listPage(storage: Storage, resource: Resource, query: ListQuery): ListPage {
  const asked: Asked = { verb: 'LIST', resource }
  const token = query.continue ? parseToken(query.continue, asked) : undefined
  const revision = token?.revision ?? storage.revision
  const objects = storage.at(resource, revision) ?? refusal.expired(asked, revision)
  const matches = selected(query, asked)
  const rest = [...objects]
    .filter(([key, object]) => (token === undefined || key > token.after) && matches(object))
    .sort(([a], [b]) => (a < b ? -1 : 1))
  const page = rest.slice(0, query.limit || rest.length)
  const last = page.at(-1)
  return {
    items: page.map(([, object]) => object),
    resourceVersion: String(revision),
    ...(page.length < rest.length && last && { continue: formatToken({ revision, after: last[0] }) }),
  }
}

export function selected(selection: Selection, asked: Asked): Matches {
  try {
    return matching(selection)
  } catch (error) {
    if (error instanceof SyntaxError) return refusal.malformed(asked, error.message)
    throw error
  }
}

/** A change as a watch with this selection sees it: an object that begins or ceases to match is added or deleted. */
export function eventOf(change: Change, resource: Resource, matches: Matches): WatchEvent | undefined {
  if (change.resource !== resourceName(resource)) return undefined
  const was = change.before !== undefined && matches(change.before)
  const is = change.after !== undefined && matches(change.after)
  if (is) return { type: was ? 'MODIFIED' : 'ADDED', object: change.after! }
  if (!was) return undefined
  return { type: 'DELETED', object: asDeleted(change.after ?? change.before!, change.revision) }
}

export function initialEvents(objects: ReadonlyMap<string, KubeObject>, matches: Matches): WatchEvent[] {
  return [...objects.values()].filter(matches).map((object) => ({ type: 'ADDED', object }))
}

function formatToken(token: Token): string {
  return Buffer.from(JSON.stringify(token)).toString('base64url')
}

function parseToken(text: string, asked: Asked): Token {
  try {
    const { revision, after } = JSON.parse(Buffer.from(text, 'base64url').toString()) as Token
    if (Number.isInteger(revision) && typeof after === 'string') return { revision, after }
  } catch {
    // Falls through: no token of ours.
  }
  return refusal.malformed(asked, 'continue key is not valid')
}
