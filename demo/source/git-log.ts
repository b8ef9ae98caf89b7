/**
 * The text of `git log` and `git for-each-ref`, in the formats that are asked for here, as commits and tags.
 *
 * With `-z` git ends each commit and each path with NUL, which neither can contain:
 *
 *     \x1e hash \x1f author time \x1f commit time \x1f author \x1f committer \x1f parents \x1f trailers \x1f subject \x1f
 *     \n added \t deleted \t path NUL added \t deleted \t path NUL NUL
 *
 * Does not: run git, or decide what an event is.
 */

export const logArguments: readonly string[] = [
  '-c',
  'log.showSignature=false',
  'log',
  '-z',
  '--reverse',
  '--numstat',
  '--no-renames',
  '--no-color',
  '--no-ext-diff',
  '--no-textconv',
  '--format=format:%x1e%H%x1f%at%x1f%ct%x1f%aE%x1f%cE%x1f%P%x1f%(trailers:only,unfold,separator=%x1d)%x1f%s%x1f',
  'HEAD',
  '--',
]

/** Tags whose commit belongs to the history; the deleted and the foreign ones leave no trace. */
export const tagArguments: readonly string[] = [
  'for-each-ref',
  '--merged=HEAD',
  '--format=%(refname:strip=2)%1f%(objecttype)%1f%(objectname)%1f%(creatordate:unix)%1f%(taggeremail:trim)%1f%(committeremail:trim)',
  'refs/tags',
]

export interface ChangedPath {
  readonly path: string
  /** `undefined`: a binary file, whose lines git does not count. */
  readonly additions: number | undefined
  readonly deletions: number | undefined
}

export interface Commit {
  readonly hash: string
  /** Seconds since 1970. */
  readonly authoredAt: number
  readonly committedAt: number
  readonly author: string
  readonly committer: string
  readonly parents: number
  /** Of the message: `Co-authored-by` and its kind, keys as written. */
  readonly trailers: readonly { readonly key: string; readonly value: string }[]
  readonly subject: string
  readonly paths: readonly ChangedPath[]
}

export interface Tag {
  readonly name: string
  /** Of the tag itself, or of the commit where it is a mere name. */
  readonly hash: string
  readonly annotated: boolean
  readonly at: number
  readonly tagger: string
}

type Draft = Omit<Commit, 'paths'> & { readonly paths: ChangedPath[] }

/** Commits out of chunks of text, each as soon as the next one begins. */
export class CommitReader {
  #rest = ''
  #open: Draft | undefined

  push(text: string): Commit[] {
    const tokens = (this.#rest + text).split('\0')
    this.#rest = tokens.pop()!
    return tokens.flatMap((token) => this.#take(token))
  }

  finish(): Commit[] {
    const last = this.#rest === '' ? [] : this.#take(this.#rest)
    this.#rest = ''
    const open = this.#open === undefined ? [] : [this.#open]
    this.#open = undefined
    return [...last, ...open]
  }

  #take(token: string): Commit[] {
    if (!token.startsWith('\x1e')) {
      if (token !== '') this.#open?.paths.push(...changedPath(token))
      return []
    }
    const end = token.lastIndexOf('\x1f')
    const before = this.#open === undefined ? [] : [this.#open]
    this.#open = draft(token.slice(1, end).split('\x1f'))
    this.#open.paths.push(...changedPath(token.slice(end + 1).trimStart()))
    return before
  }
}

function draft(fields: readonly string[]): Draft {
  const [hash, authoredAt, committedAt, author, committer, parents, trailers, ...subject] = fields
  return {
    hash: hash!,
    authoredAt: Number(authoredAt),
    committedAt: Number(committedAt),
    author: author!,
    committer: committer!,
    parents: parents === '' ? 0 : parents!.split(' ').length,
    trailers: trailers === '' ? [] : trailers!.split('\x1d').flatMap(trailer),
    subject: subject.join('\x1f'),
    paths: [],
  }
}

function trailer(text: string): Commit['trailers'] {
  const colon = text.indexOf(':')
  return colon <= 0 ? [] : [{ key: text.slice(0, colon).trim(), value: text.slice(colon + 1).trim() }]
}

function changedPath(token: string): ChangedPath[] {
  const [additions, deletions, ...path] = token.split('\t')
  if (path.length === 0) return []
  return [{ path: path.join('\t'), additions: lineCount(additions!), deletions: lineCount(deletions!) }]
}

const lineCount = (text: string) => (text === '-' ? undefined : Number(text))

export function readTags(text: string): Tag[] {
  return text.split('\n').flatMap((line) => {
    const [name, type, hash, at, tagger, committer] = line.split('\x1f')
    const found = Number(at)
    if (hash === undefined || at === '' || !Number.isFinite(found)) return []
    return [{ name: name!, hash, annotated: type === 'tag', at: found, tagger: tagger! || committer! }]
  })
}
