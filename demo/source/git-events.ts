/**
 * What happened in a commit or by a tag, as events: who authored, touched which file, merged, reviewed, tagged.
 *
 * People are 16 hex digits of a hash of their address; no name and no address leaves here. Insert ids are made of commit
 * ids, so that importing a history again, or a longer one, counts nothing twice (DED-1).
 */
import { createHash } from 'node:crypto'
import type { Commit, Tag } from './git-log.ts'

/** An event of the import format. */
export interface GitEvent {
  readonly event: string
  readonly properties: Readonly<Record<string, string | number | boolean>>
}

/** Trailers that say what somebody did, in lower case. */
const trailerEvents: Readonly<Record<string, string>> = {
  'co-authored-by': 'CoAuthored',
  'reviewed-by': 'Reviewed',
  'signed-off-by': 'Signed',
  'tested-by': 'Tested',
  'reported-by': 'Reported',
  'acked-by': 'Acked',
  'helped-by': 'Helped',
}

export function eventsOfCommit(commit: Commit): GitEvent[] {
  const short = commit.hash.slice(0, 12)
  const make = (event: string, who: string, detail: string, properties: GitEvent['properties']): GitEvent => ({
    event,
    properties: {
      ...fixed(who, commit.authoredAt, `${event}\0${commit.hash}\0${detail}`),
      commit: short,
      ...properties,
    },
  })
  const events: GitEvent[] = []
  if (commit.parents > 1) events.push(make('Merged', commit.author, '', { parents: commit.parents }))
  else events.push(make('Authored', commit.author, '', authored(commit)))
  for (const { path, additions, deletions } of commit.paths) {
    const what = { path, folder: folder(path), language: language(path), binary: additions === undefined }
    const counts: GitEvent['properties'] = additions === undefined ? {} : { additions, deletions: deletions ?? 0 }
    events.push(make('Touched', commit.author, path, { ...what, ...counts }))
  }
  for (const { key, value } of commit.trailers) {
    const event = trailerEvents[key.toLowerCase()]
    const address = /<([^>]+)>/.exec(value)?.[1]
    if (event !== undefined && address !== undefined) {
      events.push(make(event, address, address, { self: person(address) === person(commit.author) }))
    }
  }
  return events
}

export function eventOfTag(tag: Tag): GitEvent {
  return {
    event: 'Tagged',
    properties: {
      ...fixed(tag.tagger, tag.at, `Tagged\0${tag.hash}\0${tag.name}`),
      tag: tag.name,
      annotated: tag.annotated,
    },
  }
}

function fixed(who: string, seconds: number, identity: string): Record<string, string | number> {
  return { time: seconds * 1000, distinct_id: person(who), $insert_id: digest(identity, 32) }
}

/** `''` where git knows no address: an event without a user. */
function person(address: string): string {
  return address === '' ? '' : digest(address.toLowerCase(), 16)
}

function digest(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length)
}

function authored(commit: Commit): GitEvent['properties'] {
  const total = (of: 'additions' | 'deletions') => commit.paths.reduce((sum, path) => sum + (path[of] ?? 0), 0)
  return {
    files: commit.paths.length,
    additions: total('additions'),
    deletions: total('deletions'),
    subject_length: commit.subject.length,
    subject_area: /^([\w-]{1,20}(?:\([^)]{1,30}\))?)!?:/.exec(commit.subject)?.[1] ?? '(none)',
    weekday: weekdays[new Date(commit.authoredAt * 1000).getUTCDay()] ?? '(none)',
    self_committed: commit.author === commit.committer,
    days_to_commit: Math.round(((commit.committedAt - commit.authoredAt) / 86_400) * 100) / 100,
  }
}

const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

const folder = (path: string) => (path.includes('/') ? path.slice(0, path.indexOf('/')) : '.')

function language(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const dot = name.lastIndexOf('.')
  const ending = dot <= 0 ? '' : name.slice(dot + 1).toLowerCase()
  return languages[ending] ?? (ending === '' || ending.length > 8 ? '(none)' : ending)
}

const languages: Readonly<Record<string, string>> = {
  c: 'C',
  cc: 'C++',
  cpp: 'C++',
  cs: 'C#',
  css: 'CSS',
  go: 'Go',
  h: 'C',
  html: 'HTML',
  java: 'Java',
  js: 'JavaScript',
  json: 'JSON',
  jsx: 'JavaScript',
  kt: 'Kotlin',
  md: 'Markdown',
  mjs: 'JavaScript',
  php: 'PHP',
  py: 'Python',
  rb: 'Ruby',
  rs: 'Rust',
  sh: 'Shell',
  swift: 'Swift',
  toml: 'TOML',
  ts: 'TypeScript',
  tsx: 'TypeScript',
  yaml: 'YAML',
  yml: 'YAML',
}
