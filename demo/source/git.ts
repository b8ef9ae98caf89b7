/**
 * The history of a git repository as events, streamed: what HEAD reaches, the oldest commits first, then its tags.
 *
 * The project's id has a hash of HEAD and the tags in it, so that a project never holds a commit that a rebase took away.
 * Does not: fetch, write, or look at branches that HEAD does not reach.
 */
import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { Fault } from '../fault.ts'
import { eventOfTag, eventsOfCommit, type GitEvent } from './git-events.ts'
import { CommitReader, logArguments, readTags, tagArguments } from './git-log.ts'
import { slug } from './slug.ts'
import { batched, type NumberedLine, type Source } from './source.ts'

/** git in one repository. */
export interface Git {
  readonly path: string
  /** What it prints, whole. Throws `Fault` with its own first line when it fails. */
  text(argv: readonly string[]): Promise<string>
  /** The same as it comes. */
  stream(argv: readonly string[], signal: AbortSignal): AsyncIterable<Buffer>
}

/** From a first contribution to trust: the longest way that a project's history shows. */
const funnels = [
  ['Authored', 'Merged', 'Tagged'],
  ['Authored', 'Reviewed', 'Merged'],
  ['Authored', 'Merged'],
]

/** Counts up when the events of the same history change: they are another project then. */
const shape = 1

export async function gitSource(git: Git): Promise<Source> {
  await git.text(['rev-parse', '--git-dir'])
  const head = (await git.text(['rev-parse', '--verify', '--quiet', 'HEAD']).catch(() => '')).trim()
  if (head === '') throw new Fault(`${git.path} has no commit yet: --git needs a history`)
  const commits = Number(await git.text(['rev-list', '--count', 'HEAD']))
  const tags = await git.text(tagArguments)
  const top = (await git.text(['rev-parse', '--show-toplevel']).catch(() => '')).trim()
  const name = basename(top === '' ? git.path : top, '.git')
  const hash = createHash('sha256').update(`${shape}\n${head}\n${tags}`).digest('hex').slice(0, 8)
  let read = 0
  return {
    title: `the history of ${name}`,
    project: `git-${slug(name)}-${hash}`,
    unit: 'event',
    wishes: { count: { event: 'Touched', by: 'language' }, funnels, born: 'Authored' },
    batches: (signal) =>
      batched(
        chunks(git, readTags(tags).map(eventOfTag), signal, (count) => {
          read += count
        }),
        () => (commits === 0 ? 1 : read / commits),
      ),
  }
}

async function* chunks(
  git: Git,
  tagged: readonly GitEvent[],
  signal: AbortSignal,
  told: (commits: number) => void,
): AsyncGenerator<NumberedLine[]> {
  let number = 0
  const numbered = (events: readonly GitEvent[]): NumberedLine[] =>
    events.map((event) => ({ line: JSON.stringify(event), number: ++number }))
  const reader = new CommitReader()
  const decoder = new TextDecoder()
  for await (const bytes of git.stream(logArguments, signal)) {
    const commits = reader.push(decoder.decode(bytes, { stream: true }))
    told(commits.length)
    yield numbered(commits.flatMap(eventsOfCommit))
  }
  const last = reader.finish()
  told(last.length)
  yield numbered([...last.flatMap(eventsOfCommit), ...tagged])
}
