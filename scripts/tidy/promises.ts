/**
 * Rules of promises: an ID in the code is one that users can read about, and what the page calls kept is named by a test.
 *
 * The page is `docs/concepts/promises.md`; a row is `| ID | promise | state |`.
 */
import { isTest, lineAt, type Tree, type Violation } from './tree.ts'

export const promisesPage = 'docs/concepts/promises.md'

const id = /\b(?:ING|DED|MAN|AUD|CMP|GC|RSH|QRY|OPR)-\d\b/g
const row = /^\| ([A-Z]+-\d) \|.*\| ([^|]+) \|$/gm

export function checkPromises(tree: Tree): Violation[] {
  const page = tree.texts.find(({ path }) => path === promisesPage)
  const rows = page === undefined ? [] : [...page.text.matchAll(row)].map(([, name, state]) => ({ name: name!, state }))
  const known = new Set(rows.map(({ name }) => name))
  const tested = new Set(tree.sources.filter(({ path }) => isTest(path)).flatMap(({ text }) => text.match(id) ?? []))

  const unknown = tree.sources.flatMap(({ path, text }) =>
    [...text.matchAll(id)]
      .filter(([name]) => !known.has(name))
      .map((match) => ({
        path,
        line: lineAt(text, match.index),
        message: `${match[0]} is not a promise of ${promisesPage}: add it there, or name the right one`,
      })),
  )
  const untested = rows
    .filter(({ name, state }) => state === 'kept' && !tested.has(name))
    .map(({ name }) => ({
      path: promisesPage,
      line: 0,
      message: `${name} is called kept, and no test names it: write one, or say what is not kept`,
    }))
  return [...unknown, ...untested]
}
